"""The gateway under people who mean it no good, each of their ways a test: nobody is let in, nothing falls over."""

import base64
import json
import re

import httpx
import pytest
from fastapi import Depends, FastAPI

from schemas.settings import Settings
from streams.gateway.body import MAX_BODY
from streams.gateway.connection import MAX_HEAD
from streams.gateway.methods import not_allowed
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import Tokens, admin, reader
from tests.brokers.choice import Stack
from tests.harness import running_gateway
from tests.integration.guarded.hostile import (
    ADMIN,
    BASIC,
    KEY,
    ORDER,
    OTHER_KEY,
    READ,
    SHOP,
    ask,
    guarded,
    is_refused,
    reason_of,
    request,
    say,
    status_of,
)

pytestmark = pytest.mark.integration


# Who may publish


def test_a_missing_or_wrong_key_does_not_publish(client: httpx.Client) -> None:
    assert client.post("/v1/track", json=ORDER, auth=(KEY, "")).status_code == 200
    assert is_refused(client.post("/v1/track", json=ORDER), 401, "unauthorized")
    for wrong in (KEY[:-1], KEY + "x", KEY.upper(), f"web={KEY}", "web", "\udcff" * 8, "clé-de-la-boutique", f" {KEY}"):
        given = base64.b64encode(wrong.encode(errors="surrogatepass") + b":").decode()
        answer = client.post("/v1/track", json=ORDER, headers={"Authorization": f"Basic {given}"})
        assert is_refused(answer, 401, "unauthorized"), wrong
        body = json.dumps({"batch": [], "writeKey": wrong})
        assert is_refused(client.post("/v1/batch", content=body), 401, "unauthorized")


def test_a_revoked_key_does_not_publish(stack: Stack) -> None:
    settings = guarded(stack)
    revoked = settings.model_copy(update={"write_keys": Settings(write_keys=f"web={KEY}").write_keys})
    for own, expected in ((settings, 200), (revoked, 401)):
        with running_gateway(own) as url:
            assert httpx.post(f"{url}/v1/track", json=ORDER, auth=(OTHER_KEY, "")).status_code == expected
            assert httpx.post(f"{url}/v1/track", json=ORDER, auth=(KEY, "")).status_code == 200


def test_a_token_does_not_publish(client: httpx.Client) -> None:
    for token in (READ, ADMIN):
        assert client.post("/v1/track", json=ORDER, auth=(token, "")).status_code == 401
        assert client.post("/v1/track", json={**ORDER, "writeKey": token}).status_code == 401
        assert client.post("/v1/track", json=ORDER, headers={"Authorization": f"Bearer {token}"}).status_code == 401
        assert client.post(f"/v1/track?writeKey={token}", json=ORDER).status_code == 401


# Who may read


def protected(**tokens: str) -> FastAPI:
    """Two routes, one to read and one for admins."""
    app = FastAPI()
    app.state.tokens = Tokens(Settings(write_keys=KEY, **tokens))
    app.add_exception_handler(Refusal, lambda _, refusal: refusal.response)
    app.get("/read")(lambda name=Depends(reader): name)
    app.get("/erase")(lambda name=Depends(admin): name)
    return app


@pytest.mark.parametrize(
    ("credentials", "reads", "erases"),
    [
        (f"Bearer {READ}", 200, 403),
        (f"bearer {READ}", 200, 403),
        (f"Bearer {ADMIN}", 200, 200),
        (f"Bearer {KEY}", 401, 401),
        (f"Basic {BASIC}", 401, 401),
        ("Bearer " + base64.b64encode(READ.encode()).decode(), 401, 401),
        ("Bearer", 401, 401),
        ("Bearer clé", 401, 401),
        (READ, 401, 401),
        ("", 401, 401),
    ],
)
def test_only_tokens_read_and_only_admins_erase(credentials: str, reads: int, erases: int) -> None:
    app = protected(read_tokens=f"grafana={READ}", admin_tokens=ADMIN)
    for path, expected in (("/read", reads), ("/erase", erases)):
        answer = ask(app, path, credentials)
        assert answer.status_code == expected
        if expected == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        if expected != 200:
            assert answer.json().keys() == {"code", "message", "detail"}
            assert READ not in answer.text


def test_without_tokens_nobody_reads_and_it_says_what_to_set() -> None:
    for app, path, setting in (
        (protected(), "/read", "EBBFLOW_READ_TOKENS"),
        (protected(), "/erase", "EBBFLOW_ADMIN_TOKENS"),
        (protected(read_tokens=READ), "/erase", "EBBFLOW_ADMIN_TOKENS"),
    ):
        for credentials in (f"Bearer {READ}", "Bearer ", f"Bearer {KEY}", "Bearer"):
            answer = ask(app, path, credentials)
            assert answer.status_code == 403
            assert setting in answer.json()["detail"]
    assert ask(protected(admin_tokens=ADMIN), "/read", f"Bearer {ADMIN}").status_code == 200


def test_every_route_asks_who_it_is(client: httpx.Client) -> None:
    """Whoever adds a route has to say who may use it: what is open to all is named here."""
    paths = client.get("/openapi.json").json()["paths"]
    asked = {
        (method, path): {name for way in each.get("security", []) for name in way}
        for path, methods in paths.items()
        for method, each in methods.items()
    }
    assert [route for route, ways in asked.items() if not ways] == [("get", "/healthz")]
    guarded = {route: ways for route, ways in asked.items() if ways & {"readToken", "adminToken"}}
    assert guarded.keys() >= {("get", "/v1/quality"), ("delete", "/v1/customers/{customer}")}
    for (method, path), ways in guarded.items():
        for headers in ({}, {"Authorization": f"Basic {BASIC}"}, {"Authorization": f"Bearer {KEY}"}):
            assert client.request(method, path, headers=headers, params={"writeKey": KEY}).status_code == 401, path
        if "adminToken" in ways:
            headers = {"Authorization": f"Bearer {READ}"}
            assert client.request(method, path, headers=headers).status_code == 403, path
    assert client.get("/metrics").status_code == 404


# Pages


def test_pages_of_allowed_origins_may_send(client: httpx.Client) -> None:
    asked = "authorization,content-type,x-retry-count,anonymousid,sentat,rsa-x"
    for path in ("/v1/track", "/v1/batch", "/v1/t", "/beacon/v1/batch", "/v1/projects/x/settings", "/nowhere"):
        preflight = {
            "Origin": SHOP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        }
        answer = client.options(path, headers=preflight)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert answer.headers["Access-Control-Allow-Headers"] == asked
        assert {"GET", "POST", "DELETE"} == set(answer.headers["Access-Control-Allow-Methods"].split(", "))
        assert int(answer.headers["Access-Control-Max-Age"]) > 600
        assert "Origin" in answer.headers["Vary"]
    answers = {
        200: client.post("/v1/track", json=ORDER, auth=(KEY, ""), headers={"Origin": SHOP}),
        401: client.post("/v1/track", json=ORDER, headers={"Origin": SHOP}),
        404: client.post("/nowhere", headers={"Origin": SHOP}),
        405: client.get("/v1/track", headers={"Origin": SHOP}),
        413: client.post("/v1/track", content=b" " * (MAX_BODY + 1), auth=(KEY, ""), headers={"Origin": SHOP}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null", SHOP + ":8443"],
)
def test_pages_of_other_origins_may_not(origin: str, client: httpx.Client) -> None:
    asked = client.options("/v1/track", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    posted = client.post("/v1/track", json=ORDER, auth=(KEY, ""), headers={"Origin": origin})
    for answer in (asked, posted):
        assert is_refused(answer, 403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_its_own_origin_may(client: httpx.Client, url: str) -> None:
    assert client.post("/v1/track", json=ORDER, auth=(KEY, ""), headers={"Origin": url}).status_code == 200


def test_no_origin_is_allowed_unless_it_is_said_and_all_may_be(stack: Stack) -> None:
    for said, expected in (("", 403), ("*", 200)):
        with running_gateway(guarded(stack, allowed_origins=said)) as url:
            answer = httpx.post(f"{url}/v1/track", json=ORDER, auth=(KEY, ""), headers={"Origin": SHOP})
            assert answer.status_code == expected
            assert answer.headers.get("Access-Control-Allow-Origin") == (said or None)


# Heads and paths that are not what they seem


@pytest.mark.parametrize(
    "raw",
    [
        b"HELLO\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST v1/track HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/track\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        request("X-A : b"),
        request("X-A: b\x00c"),
        request("X-A: b\rX-B: c"),
        request("X-A: b", " folded"),
        request("Content-Length: 5"),
        request("Content-Length: -1"),
        request("Transfer-Encoding: chunked"),
        b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
        b"POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(raw: bytes, url: str, client: httpx.Client) -> None:
    said = say(url, raw)
    assert status_of(said) in (400, 401, 405, 408)
    assert reason_of(said.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""))
    assert client.get("/healthz").status_code == 200


def test_a_head_is_bounded(url: str) -> None:
    for lines in (["X-A: " + "a" * 1_000_000], ["X-A: b"] * 100_000, ["Cookie: " + "a" * 300_000]):
        said = say(url, request(*lines, f"Authorization: Basic {BASIC}"))
        assert said == b"" or (status_of(said), reason_of(said)["code"]) == (431, "head_too_large")
    said = say(url, b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert said == b"" or status_of(said) == 431
    assert status_of(say(url, request("X-A: " + "a" * (MAX_HEAD // 2), f"Authorization: Basic {BASIC}"))) == 400


def test_chunks_and_trailers_are_bounded(url: str) -> None:
    head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {BASIC}\r\nTransfer-Encoding: chunked\r\n\r\n"
    for rest in (b"1\r\n \r\n" * 300_000, b"0\r\n" + b"X-A: b\r\n" * 200_000, b"0\r\nX-A: " + b"b" * 1_000_000):
        said = say(url, head.encode() + rest)
        assert said == b"" or status_of(said) == 431


@pytest.mark.parametrize("name", ["Authorization", "Host", "Content-Encoding", "Origin"])
def test_a_head_that_says_two_things_is_refused(name: str, url: str) -> None:
    first = {"Authorization": f"Basic {BASIC}", "Origin": SHOP}.get(name, "gzip")
    lines = [f"{name}: {first}", f"{name.lower()}: identity"]
    said = say(url, request(*lines, body=json.dumps({**ORDER, "writeKey": KEY}).encode()))
    assert (status_of(said), reason_of(said)["code"]) == (400, "ambiguous")


@pytest.mark.parametrize(
    "path",
    [
        "//v1/track",
        "/v1//track",
        "/v1/track/",
        "/v1/./track",
        "/v1/nowhere/../track",
        "/v1/%2e%2e/metrics",
        "/..%2f..%2fetc/passwd",
        "/v1/track%00",
        "/v1/track%0d%0aX-Injected:%20yes",
        "/v1/track;a=b",
        "/%ff%fe",
        "/V1/TRACK",
        "/metrics",
        "/docs",
        "/" + "a" * 20_000,
        "*",
    ],
)
def test_a_path_is_what_it_is(path: str, url: str) -> None:
    """No redirect, no other route by a side door, and nothing of the path in the answer's head."""
    for method in ("GET", "POST", "OPTIONS"):
        said = say(url, request(f"Authorization: Basic {BASIC}", path=path, method=method, body=b"{}"))
        assert status_of(said) in (400, 404), said[:200]
        assert reason_of(said)
        assert b"injected" not in said.partition(b"\r\n\r\n")[0].lower()
        assert b"location" not in said.partition(b"\r\n\r\n")[0].lower()


def test_an_encoded_path_or_an_absolute_one_opens_no_door(url: str) -> None:
    for path in ("/v1%2Ftrack", "/%761/track", "http://evil.example/v1/track", "/v1/track?writeKey=&writeKey=" + KEY):
        said = say(url, request(path=path, body=json.dumps(ORDER).encode()))
        assert status_of(said) in (200, 401, 404)
        assert status_of(said) == 200 or reason_of(said)
        assert b"evil" not in said
    assert status_of(say(url, request(path="http://evil.example/v1/track", body=b"{}"))) == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "OPTIONS", "PROPFIND"])
def test_a_method_is_what_it_is(method: str, url: str) -> None:
    lines = (f"Authorization: Basic {BASIC}", "X-HTTP-Method-Override: POST", "X-Method: POST")
    said = say(url, request(*lines, method=method, body=json.dumps(ORDER).encode()))
    assert status_of(said) == 405
    assert b"allow: post\r\n" in said.lower()
    assert method == "HEAD" or reason_of(said)["detail"] == "use POST"
    assert b"ada" not in said


def test_a_refused_method_is_told_all_that_the_path_takes(client: httpx.Client) -> None:
    for path, taken in (("/v1/quality", "GET"), ("/v1/i", "POST"), ("/i", "GET"), ("/openapi.json", "GET, HEAD")):
        answer = client.put(path)
        assert is_refused(answer, 405, "method_not_allowed")
        assert (answer.headers["Allow"], answer.json()["detail"]) == (taken, f"use {taken}")
    several = FastAPI(exception_handlers={405: lambda request, _: not_allowed(request).response})
    several.get("/thing")(lambda: None)
    several.delete("/thing")(lambda: None)
    answer = ask(several, "/thing", method="PUT")
    assert is_refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "DELETE, GET"


def test_an_upgrade_is_not_made(url: str) -> None:
    said = say(url, request("Upgrade: websocket", "Connection: Upgrade", path="/healthz", method="GET"))
    assert status_of(said) != 101


# What is written down


def test_nothing_that_a_client_says_is_in_the_log(
    url: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    trick = "geheim\r\nERROR root: all is lost\x1b[31m"
    written = json.dumps(trick)
    for event in (
        {"userId": trick, "event": trick, "messageId": trick},
        {"userId": trick, "event": trick, "type": trick},
        {"userId": trick, "event": trick, "timestamp": trick},
        {"userId": [trick], trick: trick},
    ):
        for key in (KEY, "geheim-key"):
            client.post("/v1/track", json=event, auth=(key, ""))
            client.post("/v1/batch", json={"batch": [event], "context": {trick: trick}}, auth=(key, ""))
            client.post("/v1/batch", json={"batch": [event], "context": trick}, auth=(key, ""))
    client.post("/v1/track", content=b"geheim" + written.encode(), auth=(KEY, ""))
    client.get("/v1/projects/geheim%0d%0aERROR/settings")
    client.get("/geheim%0d%0aERROR%1b[31m?writeKey=geheim")
    client.post("/v1/track?writeKey=geheim", json=ORDER, headers={"Content-Encoding": "geheim", "Origin": "geheim"})
    say(url, request("X-A: geheim\x00"))
    say(url, b"geheim geheim geheim\r\n\r\n")
    # Those are the test's client, what pytest listens to though it is off, and what the command keeps at `info`.
    others = ("httpx", "httpcore", "uvicorn.access", "aiokafka")
    ours = [record for record in caplog.records if not record.name.startswith(others)]
    assert ours
    for record in ours:
        line = record.getMessage()
        assert not re.search("geheim|is lost|ada|" + re.escape(KEY), line), line
        assert line.isprintable(), line
