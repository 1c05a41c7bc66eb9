"""No request makes a dialect fall over: it is read, or refused with a reason. `--fuzz=1000000` tries a million."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from processors.decoding import UnreadableError, decode
from processors.slices import MAX_ITEMS
from streams.gateway.dialect import Asked, Route
from streams.gateway.dialects import ROUTES
from streams.gateway.refusal import Refusal
from tests.unit.asking import INTAKE, RECEIVED, asked, route
from tests.unit.sent import SEEDS
from tests.unit.strange import strange

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def survives(path: Route, request: Asked) -> int:
    """How many events of a request were taken; anything but a refusal with its reason is an error."""
    try:
        reading = path.read(request)
        taken = INTAKE.take(reading.events, RECEIVED)
    except (UnreadableError, Refusal) as error:
        refusal = error if isinstance(error, Refusal) else Refusal.of(error)
    else:
        assert reading.key is None or isinstance(reading.key, str)
        assert len(taken.accepted) + len(taken.refused) <= MAX_ITEMS
        for event in taken.accepted:
            assert decode(event.value).customer == event.customer
        for refused in taken.refused:
            assert isinstance(refused.original, bytes)
        assert path.answer(taken.refused).status_code < 300
        return len(taken.accepted)
    assert 400 <= refusal.status < 500
    assert path.refuse(refusal).body
    return 0


def test_every_way_of_reading_is_tried() -> None:
    ways = {path.read if not hasattr(path.read, "func") else path.read.func for path in ROUTES}
    tried = {path.read if not hasattr(path.read, "func") else path.read.func for path in map(route, SEEDS)}
    assert ways == tried


@pytest.mark.timeout(0)
@pytest.mark.parametrize("path", SEEDS)
def test_no_request_breaks_a_dialect(path: str, pytestconfig: pytest.Config) -> None:
    times = pytestconfig.getoption("--fuzz") // len(SEEDS)
    random, taken = Random(path), 0  # The same requests in every run.
    for number in range(times):
        request = strange(path, random)
        try:
            taken += survives(route(path), request) > 0
        except Exception as error:
            error.add_note(f"request {number} to {path}: {request.query!r} {request.headers!r} {request.body[:2000]!r}")
            raise
    assert times // 50 <= taken < times, "what is tried is neither all good nor all bad"


@pytest.mark.parametrize("path", SEEDS)
def test_no_value_breaks_a_dialect(path: str) -> None:
    query, headers, body = SEEDS[path][0]

    @effort(max_examples=30)
    @given(value=JSON, chooser=st.randoms(use_true_random=False))
    def tried(value: Any, chooser: Random) -> None:
        whole = json.loads(body) if body.startswith((b"{", b"[")) else {}
        survives(route(path), asked(query, headers, json.dumps(_put(whole, value, chooser)).encode(errors="replace")))
        survives(route(path), asked(query, headers, json.dumps(value).encode()))

    tried()


def _put(whole: Any, value: Any, chooser: Random) -> Any:
    """The value somewhere inside."""
    if not isinstance(whole, dict | list) or not whole or chooser.random() < 0.2:
        return value
    at = chooser.choice(list(whole)) if isinstance(whole, dict) else chooser.randrange(len(whole))
    copy: Any = whole.copy()
    copy[at] = _put(copy[at], value, chooser)
    return copy


@pytest.mark.parametrize("path", [path for path in SEEDS if route(path).method == "POST"])
@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"{" * 100_000, b"1," * 100_000, b"data=" + b"%41" * 100_000, b'"' * 99_999]
)
def test_no_large_nonsense_takes_long(path: str, body: bytes) -> None:
    for headers in {str(headers): headers for _, headers, _ in SEEDS[path]}.values():
        survives(route(path), asked(SEEDS[path][0][0], headers, body))
        survives(route(path), asked(SEEDS[path][0][0], headers, b'{"batch":' + body + b"}"))
