"""The running gateway is as its OpenAPI document says, whatever is thrown at it: by schemathesis."""

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from schemathesis import GenerationMode, checks

from schemas.settings import Settings
from streams.documents import documents
from streams.topics import declare
from tests.brokers.choice import Stack
from tests.harness import WRITE_KEY, running_gateway, settings_for

pytestmark = pytest.mark.integration

READ, TEAM, ADMIN = "token-that-reads", "token-of-the-team", "token-that-erases"
TOKENS = {"adminToken": ADMIN, "teamToken": TEAM, "readToken": READ}
ENDLESS = "GET /v1/alerts/stream"
EXAMPLES = 6
"""Requests to each of some forty operations; each is made with good credentials, and with none."""
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    given = {
        "read_tokens": READ,
        "team_tokens": TEAM,
        "admin_tokens": ADMIN,
        "hook_secrets": {"stripe": "secret-of-stripe"},
    }
    settings = Settings(**{**settings_for(stack).model_dump(), **given})
    declare(settings)
    with running_gateway(settings) as url:
        yield url


def test_what_it_says_of_itself_is_what_is_documented(url: str) -> None:
    assert httpx.get(f"{url}/openapi.json").json() == json.loads(dict(documents())["openapi.json"])


def test_whatever_is_sent_the_answer_is_one_that_is_documented(url: str) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    schema.validate()
    answered = {
        operation.label: answers_of(operation)
        for operation in (each.ok() for each in schema.get_all_operations())
        if operation.label != ENDLESS
    }
    assert len(answered) > 30
    # Some of it has to have come through, or this looked at refusals only.
    assert sum(bool({200, 204} & statuses) for statuses in answered.values()) > len(answered) / 2, answered


def answers_of(operation: schemathesis.APIOperation) -> set[int]:
    """The statuses that came back, with good credentials and with none, all of them as documented."""
    wanted = {name for way in operation.definition.raw.get("security", []) for name in way}
    token = next((token for scheme, token in TOKENS.items() if scheme in wanted), "")
    good = f"Bearer {token}" if token else "Basic " + base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    seen = set()

    @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @effort(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def throw(case: schemathesis.Case) -> None:
        for headers in ({}, {"Authorization": good}):
            response = case.call(headers=headers, timeout=20)
            case.validate_response(response, checks=CHECKS)
            seen.add(response.status_code)

    throw()
    return seen
