"""Attribution: which share of a purchase each visit before it gets, by four models whose shares sum to one.

First and last touch give all to one visit. The position-based model gives 40% to the first, 40% to the last and what is
left to those between. The data-driven one looks at all paths, those that led nowhere as well: it counts the transitions
from one source to the next, which make a Markov chain, and asks how many purchases would be missing if nobody went on
from a source (Anderl, Becker, von Wangenheim and Schumann, 2016: the removal effect).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import TypeVar

import numpy as np

WHOLE = 2_100
"""The position-based shares of up to nine visits are whole parts of this: 840 is 40%, and 420 is divided by up to 7."""
_ENDS, _MIDDLE = 840, 420


class End(Enum):
    """What is no source: where all paths begin, and how they end."""

    START = 0
    BOUGHT = 1
    NOTHING = 2


Name = TypeVar("Name", bound=Hashable)
Transitions = Mapping[tuple[Name | End, Name | End], int]


def positions(visits: int) -> list[int]:
    """The position-based share of each of 1 to 9 visits, in parts of `WHOLE`.

    >>> [each / WHOLE for each in positions(4)]
    [0.4, 0.1, 0.1, 0.4]
    """
    if visits <= 2:
        return [WHOLE // visits] * visits
    return [_ENDS, *([_MIDDLE // (visits - 2)] * (visits - 2)), _ENDS]


def transitions(path: Sequence[Name], bought: bool) -> Iterable[tuple[Name | End, Name | End]]:
    """The steps of one path, from its start to how it ended."""
    steps: list[Name | End] = [End.START, *path, End.BOUGHT if bought else End.NOTHING]
    return pairwise(steps)


def removal_effects(counts: Transitions[Name]) -> dict[Name, float]:
    """The share of purchases that would be missing without each source, by the counts of transitions; 0 to 1.

    Paths are taken for a Markov chain of the first order. Whoever reaches a source that is removed goes no further, so
    what is lost are the paths to a purchase that pass by it: the probability of reaching it at all, times that of a
    purchase from there (Kemeny and Snell, 1960, by the fundamental matrix). One linear system, and no simulation.
    """
    names = list(dict.fromkeys(name for edge in counts for name in edge if not isinstance(name, End)))
    place: dict[Name | End, int] = {End.START: 0, **{name: at for at, name in enumerate(names, 1)}}
    onward, ended = np.zeros((len(place), len(place))), np.zeros(len(place))
    total = np.zeros(len(place))
    for (before, after), count in counts.items():
        total[place[before]] += count
        if after is End.BOUGHT:
            ended[place[before]] += count
        elif after is not End.NOTHING:
            onward[place[before], place[after]] += count
    total[total == 0.0] = 1.0
    visits = np.linalg.inv(np.eye(len(place)) - onward / total[:, None])
    bought = visits @ (ended / total)
    if bought[0] <= 0.0:
        return dict.fromkeys(names, 0.0)
    reached = visits[0] / np.diag(visits)
    # What rounding leaves of a source from which nobody bought is nothing.
    return {name: max(0.0, float(reached[at] * bought[at] / bought[0])) for name, at in place.items() if at}  # type: ignore[misc]


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number divided by weights into whole parts that sum to it (Hamilton's largest remainders).

    >>> apportioned(10, [1, 1, 1])
    [4, 3, 3]
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    divided = [divmod(total * weight, whole) for weight in weights]
    parts = [part for part, _ in divided]
    largest = sorted(range(len(parts)), key=lambda at: (-abs(divided[at][1]), at))
    for at in largest[: total - sum(parts)]:
        parts[at] += 1
    return parts


def summed(counts: Transitions[Name], named: Mapping[Name, Name]) -> Counter[tuple[Name | End, Name | End]]:
    """The transitions when sources are called otherwise, several of them alike; exactly those of paths so named."""
    found = Counter[tuple[Name | End, Name | End]]()
    for (before, after), count in counts.items():
        one = before if isinstance(before, End) else named.get(before, before)
        two = after if isinstance(after, End) else named.get(after, after)
        found[one, two] += count
    return found
