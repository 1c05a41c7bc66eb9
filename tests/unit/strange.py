"""Strange requests: good ones that went wrong on the way, in their bytes or in their values."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from streams.gateway.dialect import Asked
from tests.unit.asking import asked
from tests.unit.sent import SEEDS

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 10**400, -(10**30), 0.1, 1e308, float("inf"), float("nan")),
    *(
        "",
        " ",
        "null",
        "-1",
        "0",
        "\x00",
        "\ud800",
        "ä" * 300,
        "1e999",
        "9" * 5000,
        "2026-99-99",
        "0001-01-01",
        "a/b/c/d",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": ""},
        {"data": 1},
        ["x"] * 50,
        {"$amount": {}},
        "iglu:a/b/c/d",
        "e30=",
        "W10",
        "$device:",
    ),
)
BYTES = (
    *(b"null", b"1e400", b"NaN", b'"\\ud800"', b"\xff", b"\xed\xa0\x80", b"\x00", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(
        b",",
        b":",
        b"%",
        b"&",
        b"=",
        b"data=",
        b"data=%",
        b"+",
        b" ",
        b"\r\n",
        b"9" * 400,
        b"-",
        b"{}",
        b"[]",
        b"\x1f\x8b",
    ),
    *(b"[" * 40, b'{"a":' * 40, b"[" * 5000, b'{"batch":', b'"events":', b"ue_px=", b"//8=", b"\xef\xbb\xbf"),
)
_MOST_CHANGES = 4


def strange(path: str, random: Random) -> Asked:
    """A request to a path that is near to a good one, or to nothing at all."""
    query, headers, body = random.choice(SEEDS[path])
    content, asked_for = body, query.encode()
    if random.random() < 0.5:
        content, asked_for = _with_other_values(body, random), _query(query, random)
    for _ in range(random.randrange(_MOST_CHANGES)):
        if asked_for and random.random() < 0.5:
            asked_for = _with_other_bytes(asked_for, random)
        else:
            content = _with_other_bytes(content, random)
    if random.random() < 0.1:
        content = random.randbytes(random.randrange(200))
    if headers and random.random() < 0.3:
        name = random.choice(list(headers))
        headers = {
            **headers,
            name: random.choice(("", "%", "%ff", "\udcff".encode(errors="replace").decode(), "1.0", "x" * 400)),
        }
    return asked(asked_for, headers, content)


def _with_other_bytes(text: bytes, random: Random) -> bytes:
    at = random.randrange(len(text) + 1)
    match random.randrange(4):
        case 0:
            return text[:at] + random.choice(BYTES) + text[at:]
        case 1:
            return text[:at] + text[at + random.randrange(1, 30) :]
        case 2:
            return text[:at] + bytes([random.randrange(256)]) + text[at + 1 :]
    start = random.randrange(len(text) + 1)
    return text[:at] + text[start : start + random.randrange(1, 60)] + text[at:]


def _with_other_values(body: bytes, random: Random) -> bytes:
    if body.startswith(b"data="):
        return urlencode(
            {**dict(parse_qsl(body.decode())), "data": _with_other_values(_data_of(body), random)}
        ).encode()
    try:
        said = json.loads(body)
    except ValueError:
        return body
    for _ in range(random.randrange(1, _MOST_CHANGES)):
        said = _changed(said, random)
    return json.dumps(said).encode()


def _data_of(body: bytes) -> bytes:
    data = dict(parse_qsl(body.decode()))["data"]
    return data.encode() if data[0] in "[{" else urlsafe_b64decode(data)


def _changed(value: Any, random: Random) -> Any:
    """A value of which one part, somewhere inside, is another one, or is missing."""
    if isinstance(value, str) and value.startswith("ey") and random.random() < 0.8:
        try:
            inside = json.loads(urlsafe_b64decode(value))
            return urlsafe_b64encode(json.dumps(_changed(inside, random)).encode()).decode()
        except (ValueError, Error):
            return random.choice(VALUES)
    if not isinstance(value, dict | list) or not value or random.random() < 0.1:
        return random.choice(VALUES)
    copy: Any = value.copy()
    at = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
    if random.random() < 0.1:
        del copy[at]
    else:
        copy[at] = _changed(copy[at], random)
    return copy


def _query(query: str, random: Random) -> bytes:
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if fields:
        name = random.choice(list(fields))
        fields[name] = _changed(fields[name], random)
    return urlencode({name: str(value).encode(errors="surrogatepass") for name, value in fields.items()}).encode()
