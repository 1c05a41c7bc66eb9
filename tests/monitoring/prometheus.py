"""A Prometheus of our own: with the rules and the jobs that are deployed, and the addresses of this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from ruamel.yaml import YAML

from streams.embedded.companion import Companion
from streams.embedded.stack import free_port

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
_READY_WITHIN = 30.0


class Prometheus(Companion):
    """Scrapes every second; ended with the block."""

    def __init__(self, ports: Mapping[str, int], home: Path) -> None:
        """`ports` are those at which gateway, workers and notifier show their metrics; who has none is not scraped."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = home / "prometheus.yml"
        with config.open("w") as file:
            YAML().dump(_configured(ports), file)
        super().__init__(
            "Prometheus",
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={home / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            home / "log",
        )
        self._client = httpx.Client(base_url=self.url, timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        super().__enter__()
        self.wait_until(self._is_ready, _READY_WITHIN)
        return self

    def __exit__(self, *gone: object) -> None:
        self._client.close()
        super().__exit__(*gone)

    def ask(self, path: str, **parameters: str) -> Any:
        """What its API answers."""
        answer = self._client.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, f"{parameters}: {answer.text}"
        return answer.json()["data"]

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False


def _configured(ports: Mapping[str, int]) -> Any:
    config = YAML().load((DASHBOARDS / "prometheus.yml").read_text())
    config["global"].update(scrape_interval="1s", evaluation_interval="1s")
    config["rule_files"] = [str(DASHBOARDS / name) for name in config["rule_files"]]
    for job in config["scrape_configs"]:
        job.pop("dns_sd_configs", None)
        job.pop("relabel_configs", None)
        name = job["job_name"]
        roles = {"gateway": ["gateway_metrics"], "worker": ["profiles", "learner"]}.get(name, [name])
        job["static_configs"] = [
            {"targets": [f"127.0.0.1:{ports[role]}"], "labels": {"role": role} if name == "worker" else {}}
            for role in roles
            if role in ports
        ]
    return config
