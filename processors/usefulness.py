"""How many alerts people found of use: the precision of alerts, as those say who act on them."""

from collections import defaultdict
from collections.abc import Iterable
from math import sqrt

from schemas.handling import AlertStanding, Usefulness

_95 = 1.959964


def usefulness(alerts: Iterable[AlertStanding]) -> list[Usefulness]:
    """Of each kind of which somebody rated an alert, the share that was of use."""
    ratings = defaultdict[str, list[bool]](list)
    for each in alerts:
        if each.handling.useful is not None:
            ratings[each.alert.kind].append(each.handling.useful)
    told = []
    for kind, rated in sorted(ratings.items()):
        count, useful = len(rated), sum(rated)
        low, high = wilson(useful, count)
        share = round(useful / count, 4)
        told.append(
            Usefulness(kind=kind, rated=count, useful=useful, share=share, low=round(low, 4), high=round(high, 4))
        )
    return told


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Where a share lies with 95% confidence, by Wilson's score interval (1927); `count` is not 0."""
    share, square = hits / count, _95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = _95 / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)
