"""The user's own segments: expressions over what is known of a customer, also over other segments, in whatever order
they are written, as long as none goes round in a circle."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, get_args

from processors.expressions import Expression, ExpressionError, compile
from processors.segments.behaviour import CLUSTERS
from processors.segments.places import FOUND, OUTSIDE
from processors.vocabulary import OF_CUSTOMER, Asked, of_segments
from schemas.policy import Policy
from schemas.segments import RfmName, Stage

_WORD = "segments."


class SegmentError(ValueError):
    """A segment that cannot be told apart; the message says which, why, and where in its text."""


class Definition(NamedTuple):
    """A segment that was read. `scored` says that it names a score."""

    name: str
    inside: Expression[Asked]
    scored: bool


@lru_cache(maxsize=8)
def definitions(policy: Policy) -> tuple[Definition, ...]:
    """The segments of a policy, each after those that it names.

    Raises:
        SegmentError: for the first one that is wrong, or if an alert is asked for of one that there is not.
    """
    words, found = OF_CUSTOMER | of_segments(policy.segments), dict[str, Definition]()
    named = dict[str, list[str]]()
    for name, text in policy.segments.items():
        try:
            inside = compile(text, words)
        except ExpressionError as error:
            raise SegmentError(f"[policy.segments] {name}: {error}") from None
        found[name] = Definition(name, inside, any(word.scored for word in inside.words.values()))
        named[name] = [word.removeprefix(_WORD) for word in inside.words if word.startswith(_WORD)]
    _check_alerts(policy)
    try:
        return tuple(found[name] for name in TopologicalSorter(named).static_order())
    except CycleError as error:
        circle = " > ".join(reversed(error.args[1]))
        raise SegmentError(f"[policy.segments] they go round in a circle: {circle}: take one of them out") from None


def stand(asked: Asked, held: Mapping[str, float], own: dict[str, float], newcomer: bool) -> None:
    """Put into `own`, which is part of what is asked, how a customer stands in each segment, after what `held` says.

    What names a score is not asked while the models warm up, and stays as it is. A newcomer was in none before.
    """
    cold = asked.scores is not None and asked.scores.warming_up
    now = round(asked.now, 3)
    for each in definitions(asked.policy):
        before = held.get(each.name)
        if each.scored and cold:
            if before is not None:
                own[each.name] = before
            continue
        inside = each.inside.holds(asked)
        if before is None:
            own[each.name] = (now if newcomer else FOUND) if inside else OUTSIDE
        elif inside is (before >= FOUND):
            own[each.name] = before
        else:
            own[each.name] = now if inside else -now


def _check_alerts(policy: Policy) -> None:
    known = {*get_args(Stage), *get_args(RfmName), *CLUSTERS, *policy.segments}
    for name in policy.segment_alerts:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else "docs/segments.md lists those that there are"
            raise SegmentError(f"[policy] segment_alerts: there is no segment {name!r}: {hint}")
