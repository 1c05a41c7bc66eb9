# What a newcomer and a contributor run. `make` alone lists it.
#
# Everything lives in .venv, which is made when it is missing and brought up to date when the project's requirements
# change. Nothing but Python and make needs to be there; Apache Kafka takes Java 17 and mvn, too, the SDKs take Node, npm
# and Chromium, and the monitoring takes Prometheus.

PYTHON ?= python3
DURATION ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Compiled once, also where the shell says that nothing is to be: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache

.DEFAULT_GOAL := help
.PHONY: help demo test test-kafka test-faults test-sdks test-console test-monitoring lint format schemas dashboards pictures clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.embedded ## Watch a simulated shop live, until Ctrl-C or for DURATION seconds
	@$(BIN)/ebbflow demo $(if $(DURATION),--duration $(DURATION)s)

test: lint ## Check style, types and layers, and run all tests but those that take long or need more
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

test-kafka: $(VENV)/.dev ## Run the integration and fault suites on Apache Kafka
	$(BIN)/pytest -n 3 --dist loadfile --thorough --kafka=apache tests/integration
	$(BIN)/pytest -n 3 --dist load --thorough -m thorough tests/integration
	$(BIN)/pytest --faults --kafka=apache tests/faults

test-faults: $(VENV)/.dev ## Break everything, on both brokers, and count what was lost or doubled
	$(BIN)/pytest --faults tests/faults
	$(BIN)/pytest --faults --kafka=apache tests/faults

test-sdks: $(VENV)/.dev ## Drive the gateway with other people's SDKs, fetched at first, in a browser too
	$(BIN)/pytest --sdks tests/sdks

test-console: $(VENV)/.dev ## Drive the console with a real browser, and examine it with axe
	$(BIN)/pytest --console tests/console

test-monitoring: $(VENV)/.dev ## Let a real Prometheus watch a running demo, and ask it all that the dashboards ask
	$(BIN)/pytest --monitoring tests/monitoring

lint: $(VENV)/.dev ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(VENV)/.dev ## Write JSON Schemas, OpenAPI and AsyncAPI anew after a change of what they describe
	$(BIN)/python -m schemas docs/schemas
	$(BIN)/python -m streams.documents docs

dashboards: $(VENV)/.dev ## Write Grafana's dashboards anew after a change of what they show
	$(BIN)/python -m dashboards dashboards/grafana

pictures: $(VENV)/.dev ## Take the pictures of the documents anew; takes Chromium and Prometheus, and five minutes
	$(BIN)/python -m tests.console.pictures docs/pictures

clean: ## Remove the environment, caches and build leftovers
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp of its own, since a failed `venv` can leave a bin/python behind that has no pip.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "Ebbflow needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)" >&2; \
		echo "Name one that fits: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.embedded: pyproject.toml constraints.txt | $(VENV)/.made
	@echo "Installing Ebbflow with its embedded broker and store, and the console ..."
	@$(INSTALL) -e '.[embedded,console]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.made
	@echo "Installing Ebbflow with what its tests need ..."
	@$(INSTALL) -e '.[dev]'
	@touch $(VENV)/.embedded $@
