"""Every dialect over HTTP: its key where its clients put it, and the answers that they know."""

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from schemas.rejected import Rejected
from schemas.settings import Settings
from tests.harness import WRITE_KEY, records_of, running_gateway
from tests.unit.sent import CLOUD_EVENT, SEEDS, STRUCTURED

pytestmark = pytest.mark.integration

GETS = ("/i", "/v1/pixel.gif")
ANSWERS = {
    "/mp/collect": (204, b""),
    "/com.snowplowanalytics.snowplow/tp2": (200, b"ok"),
    "/track": (200, b'{"status":1,"error":null}'),
    "/engage": (200, b'{"status":1,"error":null}'),
}


@pytest.fixture
def client(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, timeout=20) as client:
        yield client


def with_key(text: str, key: str) -> str:
    return text.replace('"wk"', f'"{key}"').replace("%22wk%22", f"%22{key}%22").replace("=wk", f"={key}")


def ask(
    client: httpx.Client, path: str, query: str, headers: dict[str, str], body: bytes, key: str = WRITE_KEY
) -> httpx.Response:
    method = "GET" if path in GETS else "POST"
    if path == "/v1/events":
        headers = {**headers, "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    url = f"{path}?{with_key(query, key)}" if query else path
    return client.request(method, url, headers=headers, content=with_key(body.decode(), key).encode())


@pytest.mark.parametrize("path", SEEDS)
def test_what_a_client_sends_is_in_the_log_and_answered_in_its_words(
    path: str, settings: Settings, client: httpx.Client
) -> None:
    query, headers, body = SEEDS[path][0]
    answer = ask(client, path, query, headers, body)
    status, content = ANSWERS.get(path, (200, None))
    assert (answer.status_code, "rejected" in answer.text) == (status, False)
    assert content is None or answer.content == content
    if path in GETS:
        assert answer.headers["content-type"] == "image/gif"
    records = records_of(settings, "touchpoints")
    assert records
    assert not any(WRITE_KEY.encode() in record.value for record in records)


@pytest.mark.parametrize("path", SEEDS)
def test_without_a_key_nothing_is_taken_in(path: str, settings: Settings, client: httpx.Client) -> None:
    query, headers, body = SEEDS[path][0]
    answer = ask(client, path, query, headers, body, key="someone-elses-key")
    if path == "/v1/pixel.gif":
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    else:
        assert answer.status_code == 401
        assert answer.json().keys() >= {"code", "message", "detail"}
    if path in ("/track", "/engage"):
        assert answer.json().items() >= {"status": 0, "error": answer.json()["message"]}.items()
    assert records_of(settings, "touchpoints") == []


def test_what_cannot_be_read_names_nobody_who_was_erased(settings: Settings) -> None:
    own = settings.model_copy(update={"admin_tokens": SecretStr("an-admin-token")})
    bad: list[tuple[str, object, dict[str, str]]] = [
        ("/v1/track", {"userId": {"id": "ada"}, "event": "x"}, {}),
        ("/v1/batch", {"batch": ["ada", {"type": "track", "anonymousId": ["a-1"]}]}, {}),
        ("/batch/", {"batch": [{"event": "", "distinct_id": "ada"}]}, {}),
        ("/engage", [{"$distinct_id": "ada", "$delete": ""}], {}),
        ("/com.snowplowanalytics.snowplow/tp2", {"data": [{"e": "?", "uid": "ada"}, {"e": "?", "duid": "a-1"}]}, {}),
        ("/v1/events", {**CLOUD_EVENT, "subject": "ada", "data": 5}, STRUCTURED),
        ("/v1/events", {**CLOUD_EVENT, "subject": "bob", "data": 5}, STRUCTURED),
    ]
    with running_gateway(own) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=20) as client:
        for customer in ("ada", "anon:a-1"):
            erased = httpx.delete(f"{url}/v1/customers/{customer}", headers={"Authorization": "Bearer an-admin-token"})
            assert erased.status_code == 200
        for path, body, headers in bad:
            answer = client.post(path, json=body, headers=headers)
            assert (answer.status_code, "rejected" in answer.text) == (200, b"bob" in answer.request.content), path
    [kept] = [Rejected.model_validate_json(record.value).original for record in records_of(settings, "rejected")]
    assert b"bob" in kept


def test_a_format_of_cloud_events_that_is_unknown(client: httpx.Client) -> None:
    answer = client.post("/v1/events", auth=(WRITE_KEY, ""), headers={"Content-Type": "application/cloudevents+xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")


def test_rudderstacks_browser_sdk_finds_its_source(client: httpx.Client) -> None:
    for path in ("/sourceConfig", "/sourceConfig/"):
        answer = client.get(path, params={"p": "cdn", "v": "3.34.1", "writeKey": WRITE_KEY})
        assert (answer.status_code, answer.json()["source"]["writeKey"]) == (200, WRITE_KEY)
        assert client.get(path, params={"writeKey": "someone-elses-key"}).status_code == 401
        assert json.loads(client.get(path, auth=(WRITE_KEY, "")).content)["source"]["enabled"] is True
