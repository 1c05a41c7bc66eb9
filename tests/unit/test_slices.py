"""Cutting what is no JSON: a request that is made to be hard to read costs little."""

import contextlib
import time

import pytest

from processors.decoding import UnreadableError
from processors.slices import MAX_ITEMS, items, members
from streams.gateway.body import MAX_BODY

SOON = 1.0
"""Seconds on a busy machine; without a bound it was five and more."""


@pytest.mark.parametrize(
    ("begin", "again", "end"),
    [
        (b'{"batch":', b"[]", b"}"),
        (b'{"batch":[', b'{"a":NaN},', b"1]}"),
        (b"{", b'"a":NaN,', b'"b":1}'),
        (b"{", b'"\xff":1,', b'"b":1}'),
        (b"{", b'""', b"}"),
        (b'{"batch":[NaN,', b'"",', b"1]}"),
        (b'{"batch":[NaN,"', b'\\"', b'"]}'),
        (b'{"batch":NaN,"', b"x", b""),
    ],
)
def test_a_body_that_is_hard_to_read_is_given_up_soon(begin: bytes, again: bytes, end: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(UnreadableError):
        assert members(begin + again * (MAX_BODY // len(again)) + end).keys() == {"batch"}
    assert time.process_time() - began < SOON


def test_a_full_batch_of_usual_events_is_cut_all_the_same() -> None:
    event = (
        b'{"type":"track","event":"x","properties":{"products":['
        + b'{"sku":"s-1","name":"one, [or] two","price":12.5},' * 40
        + b"{}]}}"
    )
    batch = b"[" + (event + b",") * (MAX_BODY // len(event) - 1) + b"NaN]"
    assert items(batch) == [event] * (MAX_BODY // len(event) - 1) + [b"NaN"]
    assert members(b'{"batch":' + batch + b"}") == {"batch": batch}
    assert MAX_BODY // len(event) < MAX_ITEMS
