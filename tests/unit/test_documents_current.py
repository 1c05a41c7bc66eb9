"""docs/openapi.json and docs/asyncapi.yaml are current, and whole."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from streams.documents import documents
from streams.topics import TOPICS

DOCS = Path(__file__).parents[2] / "docs"


def read(name: str) -> Any:
    return YAML(typ="safe").load((DOCS / name).read_text())


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def resolve(document: Any, reference: str) -> Any:
    for name in reference.removeprefix("#/").split("/"):
        document = document[name]
    return document


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return dict(documents())


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.yaml"])
def test_files_are_current(name: str, made: dict[str, str]) -> None:
    assert (DOCS / name).read_text() == made[name], f"{name} has changed: run `make schemas` and commit it"


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.yaml"])
def test_every_reference_leads_somewhere(name: str) -> None:
    document = read(name)
    found = set(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_says_who_may_use_it_and_how_it_refuses() -> None:
    document = json.loads((DOCS / "openapi.json").read_text())
    schemes = document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert {"400", "403", "408", "503"} <= answers.keys(), path
            assert operation["tags"], path
            if path != "/healthz":
                assert "401" in answers, path
                assert {name for way in operation["security"] for name in way} <= schemes.keys()
            if method == "post":
                assert {"413", "415"} <= answers.keys(), path
                assert "429" in answers or operation["tags"] == ["read"], path
                assert operation["requestBody"]["content"], path
            assert {answers[status]["headers"].keys() >= {"Retry-After"} for status in answers if status == "429"} <= {
                True
            }


def test_the_proxy_of_the_manual_keeps_what_is_read_inside_and_lets_all_publish() -> None:
    (inside,) = re.findall(r"location ~ (\S+) \{", (DOCS / "security.md").read_text())
    for path, methods in json.loads((DOCS / "openapi.json").read_text())["paths"].items():
        is_read = any("read" in operation["tags"] for operation in methods.values())
        assert bool(re.search(inside, path)) == is_read, path


def test_every_topic_is_described() -> None:
    document = read("asyncapi.yaml")
    assert {channel["address"] for channel in document["channels"].values()} == set(TOPICS)
    described = {operation["channel"]["$ref"].split("/")[-1] for operation in document["operations"].values()}
    assert described == set(TOPICS)
    for message in document["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
