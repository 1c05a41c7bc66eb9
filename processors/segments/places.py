"""Where a customer stands: the segments by name, however they are told apart."""

from collections.abc import Iterator

from schemas.judgements import Memberships, Place
from schemas.segments import By

FOUND, OUTSIDE = 0.0, -1.0
"""Since when, of who stood in a segment of the user's own when it was first asked about, and of who did not."""


def places(held: Memberships | None) -> Iterator[tuple[By, Place]]:
    """The segments of which a customer stands in one at a time, each with how it is told apart."""
    if held is None:
        return
    if held.lifecycle is not None:
        yield "lifecycle", held.lifecycle
    if held.rfm is not None:
        yield "rfm", held.rfm
    if held.cluster is not None:
        yield "cluster", held.cluster


def names(held: Memberships | None) -> list[str]:
    """All segments that a customer stands in, the user's own last."""
    own = held.own if held is not None else {}
    return [*(place.name for _, place in places(held)), *(name for name, since in own.items() if since >= FOUND)]


def entered(held: Memberships, name: str) -> bool:
    """Whether a customer stands in a segment and came into it, rather than having been there when first looked at."""
    if held.own.get(name, 0.0) > 0.0:
        return True
    return any(place.name == name and place.before for _, place in places(held))
