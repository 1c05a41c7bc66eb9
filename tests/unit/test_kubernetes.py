"""The manifests of Kubernetes are valid, fit the code, and give every pod no more than it needs."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from ruamel.yaml import YAML

from schemas.settings import Settings, load_settings
from streams.cli import app
from streams.console.entry import HEALTH
from streams.group import GROUP
from streams.topics import TOUCHPOINTS
from tests.unit.custom_resources import SCHEMAS

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
EXAMPLE = MANIFESTS / "overlays" / "example"
VERSIONS = ("1.29", kubernetes_validate.latest_version())
"""The oldest Kubernetes that the manifests are meant for, and the newest that there are schemas of."""

SETTINGS = Settings()
SECRET = {name for name, field in Settings.model_fields.items() if isinstance(field.default, SecretStr)}
SECRET |= {"redis_url", "hook_secrets", "endpoints"}
"""Settings that hold secrets, or may."""

STAND_INS = {
    "EBBFLOW_REDIS_URL": "redis://:hushhush@redis.example:6379/0",
    "EBBFLOW_HOOK_SECRETS": '{"stripe": "whsec_hushhush"}',
    "EBBFLOW_ENDPOINTS": '{"chat": {"shape": "slack", "url": "https://hooks.slack.example/hushhush"}}',
}


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in YAML(typ="safe").load_all(path.read_text()) if document]


FILES = sorted(MANIFESTS.rglob("*.yaml"))
FOLDERS = sorted({path.parent for path in FILES})
RESOURCES = [document for path in FILES for document in documents(path) if path.name != "kustomization.yaml"]


def kustomization(folder: Path) -> dict[str, Any]:
    return documents(folder / "kustomization.yaml")[0]


def found(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in RESOURCES if each["kind"] == kind}


def templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the pod of everything that runs."""
    for name, each in found("Deployment").items():
        yield name, each["spec"]["template"]
    for name, each in found("CronJob").items():
        yield name, each["spec"]["jobTemplate"]["spec"]["template"]


PODS = dict(templates())
SPECS = {name: pod["spec"] for name, pod in PODS.items()}
CONTAINERS = {name: spec["containers"][0] for name, spec in SPECS.items()}


def literals(folder: Path) -> dict[str, str]:
    """The settings that a kustomization gives to all pods."""
    generators = {each["name"]: each for each in kustomization(folder)["configMapGenerator"]}
    return dict(each.split("=", 1) for each in generators["ebbflow-settings"]["literals"])


def of_secrets(name: str) -> dict[str, dict[str, Any]]:
    """The variables of a pod that come from secrets."""
    given = [each for each in CONTAINERS[name]["env"] if "valueFrom" in each]
    return {each["name"]: each["valueFrom"]["secretKeyRef"] for each in given}


def environment(name: str, folder: Path) -> dict[str, str]:
    """What a pod has in its environment, with something in the place of each secret."""
    plain = {each["name"]: each["value"] for each in CONTAINERS[name]["env"] if "value" in each}
    hidden = {key: STAND_INS.get(key, f"a-secret-of-{key.lower()}") for key in of_secrets(name)}
    return literals(MANIFESTS / "base") | literals(folder) | plain | hidden


def check(document: dict[str, Any], version: str) -> None:
    if own := SCHEMAS.get(document["kind"]):
        Draft202012Validator(own).validate(document)
    else:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(MANIFESTS).as_posix())
def test_manifest_is_valid(path: Path, version: str) -> None:
    for document in documents(path):
        check(document, version)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not here to put the manifests together")
@pytest.mark.parametrize("folder", ["base", "overlays/example"])
def test_what_kustomize_makes_of_them_is_valid(folder: str) -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(MANIFESTS / folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    made = list(YAML(typ="safe").load_all(done.stdout))
    for document in made:
        check(document, VERSIONS[-1])
    if folder != "base":
        worker = next(each for each in made if each["kind"] == "Deployment" and "worker" in each["metadata"]["name"])
        assert "replicas" not in worker["spec"], "to apply the files again would undo what KEDA did"
        assert {each["metadata"].get("namespace") for each in made if each["kind"] != "Namespace"} == {"ebbflow"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(MANIFESTS).as_posix())
def test_kustomization_lists_what_is_there(folder: Path) -> None:
    said = kustomization(folder)
    generated = {name for each in said.get("configMapGenerator", ()) for name in each.get("files", ())}
    resources = {name for name in said["resources"] if not (folder / name).is_dir()}
    there = {path.name for path in folder.iterdir() if path.is_file()} - {"kustomization.yaml"}
    assert resources | generated == there
    for other in [*said["resources"], *said.get("components", ())]:
        if other not in there:
            kind = "Component" if other in said.get("components", ()) else "Kustomization"
            assert kustomization(folder / other)["kind"] == kind


def test_has_the_whole_system() -> None:
    parts = {f"ebbflow-{name}" for name in ("gateway", "worker", "learner", "notifier", "console")}
    assert set(found("Deployment")) == parts
    assert set(found("Service")) == {"ebbflow-gateway", "ebbflow-console"}
    used = {(EXAMPLE / name).resolve() for name in kustomization(EXAMPLE)["components"]}
    assert used == {path for path in (MANIFESTS / "components").iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", PODS)
def test_command_exists(name: str) -> None:
    program, command, *options = CONTAINERS[name]["command"]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert program == "ebbflow"
    assert set(options) <= {option for each in commands[command].params for option in each.opts}


@pytest.mark.parametrize("folder", [MANIFESTS / "base", EXAMPLE], ids=["base", "example"])
@pytest.mark.parametrize("name", PODS)
def test_settings_are_real_and_valid(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ebbflow.toml").write_bytes((folder / "ebbflow.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    given = environment(name, folder)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    assert set(given) <= {f"EBBFLOW_{field.upper()}" for field in Settings.model_fields}
    settings = load_settings()
    assert settings.metrics_host == settings.gateway_host == settings.console_host == "0.0.0.0"


@pytest.mark.parametrize("name", PODS)
def test_ports_are_those_of_the_settings(name: str) -> None:
    kept = {
        "ebbflow-gateway": {"http": SETTINGS.gateway_port, "metrics": SETTINGS.gateway_metrics_port},
        "ebbflow-worker": {"metrics": SETTINGS.worker_metrics_port},
        "ebbflow-learner": {"metrics": SETTINGS.worker_metrics_port},
        "ebbflow-notifier": {"metrics": SETTINGS.notifier_metrics_port},
        "ebbflow-console": {"http": SETTINGS.console_port},
        "ebbflow-rebuild": {},
    }
    container = CONTAINERS[name]
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    assert ports == kept[name]
    probes = [container[probe] for probe in ("startupProbe", "readinessProbe", "livenessProbe") if probe in container]
    asked = [probe.get("httpGet") or probe["tcpSocket"] for probe in probes]
    assert {each["port"] for each in asked} <= set(ports)
    # The gateway's health is that of the broker, and to start a gateway anew makes no broker come back.
    assert container.get("livenessProbe", {}).get("httpGet", {}).get("path") in {None, "/metrics", HEALTH}
    assert len(probes) >= 2 or not ports


def test_what_comes_in_goes_to_the_port_it_is_meant_for() -> None:
    for service in found("Service").values():
        labels, port = service["spec"]["selector"], service["spec"]["ports"][0]
        reached = [name for name, pod in PODS.items() if labels.items() <= pod["metadata"]["labels"].items()]
        assert reached == [service["metadata"]["name"]]
        assert port["targetPort"] in {each["name"] for each in CONTAINERS[reached[0]]["ports"]}
    for ingress in found("Ingress").values():
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert backend["name"] == "ebbflow-gateway"
        assert backend["port"]["name"] in {port["name"] for port in found("Service")[backend["name"]]["spec"]["ports"]}


@pytest.mark.parametrize("name", PODS)
def test_pod_can_do_little(name: str) -> None:
    spec, container = SPECS[name], CONTAINERS[name]
    assert len(spec["containers"]) == 1
    assert spec["automountServiceAccountToken"] is False
    # The variables that Kubernetes makes of services begin with EBBFLOW_, and are no settings.
    assert spec["enableServiceLinks"] is False
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user[1]),
        "runAsGroup": int(user[2]),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {each["name"] for each in spec["volumes"]} == {each["name"] for each in container["volumeMounts"]}


@pytest.mark.parametrize("name", PODS)
def test_pod_is_bounded(name: str) -> None:
    resources = CONTAINERS[name]["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert resources["limits"]["memory"].endswith("Mi")


@pytest.mark.parametrize("name", PODS)
def test_secrets_come_from_secrets(name: str) -> None:
    hidden = of_secrets(name)
    assert {variable: each["key"] for variable, each in hidden.items()} == {variable: variable for variable in hidden}
    known = {f"EBBFLOW_{field.upper()}" for field in SECRET}
    assert set(hidden) <= known
    plain = {each["name"] for each in CONTAINERS[name]["env"] if "value" in each}
    assert not known & (plain | set(literals(MANIFESTS / "base")) | set(literals(EXAMPLE)))
    # Only whoever makes or reads models can, and only whoever takes or shows something knows who may.
    assert ("EBBFLOW_MODEL_KEY" in hidden) == (name.split("-")[1] in {"worker", "learner", "rebuild"})
    assert ("EBBFLOW_ADMIN_TOKENS" in hidden) == (name.split("-")[1] in {"gateway", "console"})


def test_no_secret_is_in_the_files_and_the_guide_makes_them_all() -> None:
    assert not found("Secret")
    assert not any("secretGenerator" in kustomization(folder) for folder in FOLDERS)
    needed = {
        (each["name"], each["key"]) for name in PODS for each in of_secrets(name).values() if not each.get("optional")
    }
    guide = (ROOT / "docs" / "operate.md").read_text()
    commands = re.findall(r"kubectl create secret generic (\S+)((?:[^\n]*\\\n)*[^\n]*)", guide)
    made = {(name, key) for name, rest in commands for key in re.findall(r"--from-(?:literal|file)=(\w+)=", rest)}
    assert needed <= made


def test_roles_are_shared_out() -> None:
    roles = {name: environment(name, EXAMPLE).get("EBBFLOW_ROLE") for name in PODS}
    assert (roles["ebbflow-worker"], roles["ebbflow-learner"]) == ("profiles", "learner")
    assert found("Deployment")["ebbflow-learner"]["spec"]["replicas"] == 1


def test_what_there_is_several_of_never_goes_all_at_once() -> None:
    several = {name for name, each in found("Deployment").items() if each["spec"]["replicas"] > 1}
    budgets = found("PodDisruptionBudget")
    assert set(budgets) == several == {"ebbflow-gateway", "ebbflow-worker"}
    for name, budget in budgets.items():
        assert budget["spec"]["selector"]["matchLabels"] == PODS[name]["metadata"]["labels"]


def test_keda_follows_the_lag_of_the_workers() -> None:
    spec = found("ScaledObject")["ebbflow-worker"]["spec"]
    trigger = spec["triggers"][0]["metadata"]
    assert (trigger["consumerGroup"], trigger["topic"]) == (SETTINGS.topic(GROUP), SETTINGS.topic(TOUCHPOINTS))
    target = spec["scaleTargetRef"]["name"]
    assert trigger["bootstrapServersFromEnv"] in environment(target, EXAMPLE)
    assert environment(target, EXAMPLE)["EBBFLOW_ROLE"] == "profiles"
    # Workers begin at the start of the log, and one has to be there to notice silence.
    assert trigger["offsetResetPolicy"] == "earliest"
    assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= SETTINGS.partitions


def test_prometheus_finds_the_jobs_that_rules_and_dashboards_ask_for() -> None:
    spec = found("PodMonitor")["ebbflow"]["spec"]
    endpoint = spec["podMetricsEndpoints"][0]
    jobs = set()
    for name, pod in PODS.items():
        labels = pod["metadata"]["labels"]
        if spec["selector"]["matchLabels"].items() <= labels.items() and endpoint["port"] in {
            port["name"] for port in CONTAINERS[name].get("ports", ())
        }:
            target = {f"__meta_kubernetes_pod_label_{re.sub(r'[./-]', '_', key)}": said for key, said in labels.items()}
            for rule in endpoint["relabelings"]:
                said = ";".join(target[label] for label in rule["sourceLabels"])
                if re.fullmatch(rule.get("regex", "(.*)"), said):
                    target[rule["targetLabel"]] = rule.get("replacement", said)
            jobs.add((target["job"], target["role"]))
    scraped = YAML(typ="safe").load((ROOT / "dashboards" / "prometheus.yml").read_text())["scrape_configs"]
    assert {job for job, _ in jobs} == {each["job_name"] for each in scraped}
    assert {role for job, role in jobs if job == "worker"} == {"worker", "learner"}
