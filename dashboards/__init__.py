"""What Grafana shows, as code: one dashboard a module. `make dashboards` writes their JSON into `grafana/`."""
