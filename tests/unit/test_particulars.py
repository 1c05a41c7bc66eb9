"""Particulars of a touchpoint: digests tell messages apart, and where the customer was met is told by what is there."""

import pytest

from processors.particulars import DIGEST, channel_of, digest_of


def test_a_digest_is_short_and_each_message_has_its_own() -> None:
    digests = {digest_of(f"message {n}") for n in range(1000)}
    assert len(digests) == 1000
    assert {len(digest) for digest in digests} == {DIGEST}
    assert digest_of(None) == digest_of("") == b""


@pytest.mark.parametrize(
    ("said", "on_device", "on_page", "type_", "channel"),
    [
        ("Phone", True, True, "page", "phone"),
        ("pigeon", False, True, "track", "web"),
        (["web"], True, True, "track", "mobile"),
        (None, False, False, "screen", "mobile"),
        (None, False, False, "page", "web"),
        (None, False, False, "track", "server"),
    ],
)
def test_the_channel(said: object, on_device: bool, on_page: bool, type_: str, channel: str) -> None:
    assert channel_of(said, on_device, on_page, type_) == channel
