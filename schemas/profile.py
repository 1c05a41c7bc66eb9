"""All that is remembered of one customer."""

import msgspec

from schemas.facts import Facts
from schemas.judgements import Judgements
from schemas.touch import Touch


class Joining(msgspec.Struct, frozen=True, gc=False):
    """While other keys of the same person are asked for what they remember: the facts from before they were known, and
    the touches folded since. What a client sent again, once as the one and once as the other, can be told then."""

    before: Facts
    touches: list[Touch]
    keys: list[str]


class Profile(msgspec.Struct, gc=False):
    """One customer. `at` maps a partition to the offset of its last record folded in; `revision` counts saves;
    `joining` is none but for a moment."""

    customer: str
    facts: Facts = msgspec.field(default_factory=Facts)
    judgements: Judgements = msgspec.field(default_factory=Judgements)
    at: dict[int, int] = {}
    revision: int = 0
    joining: Joining | None = None
