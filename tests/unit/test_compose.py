"""docker-compose.yml fits the code: its commands, its settings, its files and its secrets are real."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from schemas.settings import CONFIG_FILE, Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SECRET = re.compile(r"\$\{(\w+)(:\?)?[^}]*\}")


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


SERVICES: dict[str, Any] = read_yaml(COMPOSE)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def environment_of(name: str) -> dict[str, Any]:
    return SERVICES[name]["environment"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_is_a_compose_file() -> None:
    done = run("check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
    assert done.returncode == 0, done.stdout + done.stderr


def test_has_the_whole_system() -> None:
    assert set(OURS) == {"topics", "gateway", "worker", "learner", "notifier", "console"}
    assert {"kafka", "redis", "prometheus", "grafana"} <= set(SERVICES)


@pytest.mark.parametrize("name", OURS)
def test_command_exists(name: str) -> None:
    program, *arguments = OURS[name]["command"]
    assert program == "ebbflow"
    done = run("streams.cli", *arguments, "--help")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", OURS)
def test_settings_are_real_and_valid(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    environment = environment_of(name)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, SECRET.sub(r"secret-of-\1", str(value)))
    fields = {f"EBBFLOW_{field.upper()}" for field in Settings.model_fields}
    assert set(environment) <= fields
    load_settings()


def test_roles_are_shared_out() -> None:
    roles = {name: environment_of(name).get("EBBFLOW_ROLE") for name in OURS}
    assert (roles["worker"], roles["learner"]) == ("profiles", "learner")


def test_worker_can_be_scaled() -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_watched_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"]
    assert service["deploy"]["resources"]["limits"]["memory"]
    # The one that declares the topics ends by itself, and the others wait for its exit.
    assert "healthcheck" in service or name == "topics"
    assert int(service["logging"]["options"]["max-file"]) > 0


@pytest.mark.parametrize("name", OURS)
def test_own_service_can_do_little(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert all(mount.endswith(":ro") for mount in service["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_rules_of_the_business_are_found(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    service = OURS[name]
    mounted = {mount.split(":")[1]: ROOT / mount.split(":")[0] for mount in service["volumes"]}
    example = mounted[service["working_dir"]] / "ebbflow.example.toml"
    monkeypatch.chdir(tmp_path)
    without = load_settings()
    (tmp_path / CONFIG_FILE).write_bytes(example.read_bytes())
    assert load_settings() != without


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_kept_is_in_a_volume(name: str) -> None:
    kept = {mount.split(":")[0] for mount in SERVICES[name].get("volumes", ()) if not mount.startswith(".")}
    assert kept == ({name} & set(read_yaml(COMPOSE)["volumes"]))


def test_ports_stay_on_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_are_asked_for() -> None:
    found = SECRET.findall(COMPOSE.read_text())
    assert all(required for _, required in found)
    offered = re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert {name for name, _ in offered} == {name for name, _ in found}
    assert not any(value for _, value in offered), "a secret with a default is no secret"


def test_mounted_files_exist() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith(".")]
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_prometheus_finds_gateway_workers_and_notifier() -> None:
    gateway, worker, notifier = read_yaml(ROOT / "dashboards" / "prometheus.yml")["scrape_configs"]
    assert gateway["static_configs"][0]["targets"] == [
        f"gateway:{environment_of('gateway')['EBBFLOW_GATEWAY_METRICS_PORT']}"
    ]
    assert environment_of("gateway")["EBBFLOW_METRICS_HOST"] == "0.0.0.0"
    discovered = worker["dns_sd_configs"][0]
    for name in ("worker", "learner"):
        assert name in discovered["names"]
        assert discovered["port"] == environment_of(name)["EBBFLOW_WORKER_METRICS_PORT"]
        assert environment_of(name)["EBBFLOW_METRICS_HOST"] == "0.0.0.0"
    found = notifier["dns_sd_configs"][0]
    assert (found["names"], found["port"]) == (
        ["notifier"],
        environment_of("notifier")["EBBFLOW_NOTIFIER_METRICS_PORT"],
    )
    assert environment_of("notifier")["EBBFLOW_METRICS_HOST"] == "0.0.0.0"


def test_grafana_is_provisioned() -> None:
    provisioning = ROOT / "dashboards" / "provisioning"
    source = read_yaml(provisioning / "datasources" / "prometheus.yml")["datasources"][0]
    server = next(word for word in SERVICES["prometheus"]["command"] if word.startswith("--config.file="))
    assert source["url"] == "http://prometheus:9090"
    assert "9090:9090" in SERVICES["prometheus"]["ports"][0]
    mounted = {mount.split(":")[1]: mount.split(":")[0] for mount in SERVICES["grafana"]["volumes"]}
    shown = read_yaml(provisioning / "dashboards" / "ebbflow.yml")["providers"][0]["options"]["path"]
    assert mounted[shown] == "./dashboards/grafana"
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / mounted[shown] / Path(home).relative_to(shown)).exists()
    # The rules, which two panels ask for, beside the configuration that names them.
    folder = Path(server.partition("=")[2]).parent
    to = {mount.split(":")[1] for mount in SERVICES["prometheus"]["volumes"]}
    rules = read_yaml(ROOT / "dashboards" / "prometheus.yml")["rule_files"]
    assert {str(folder / name) for name in rules} <= to


def test_image_is_built_as_constrained_and_runs_without_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert any("-c constraints.txt" in line for line in lines)
    user = next(line.removeprefix("USER ") for line in lines if line.startswith("USER "))
    assert all(int(part) > 0 for part in user.split(":"))
    sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    assert copied == sent
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_image_holds_nothing_of_its_making() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    assert len(stages) == 2
    made = [line for line in stages[1].splitlines() if line.startswith(("COPY ", "ADD "))]
    assert made == ["COPY --from=build /venv /venv"]


def test_image_has_what_its_services_need() -> None:
    extras = re.findall(r"'\.\[([\w,]+)\]'", (ROOT / "Dockerfile").read_text())
    assert "console" in extras[0].split(","), "the service console needs its extra"
