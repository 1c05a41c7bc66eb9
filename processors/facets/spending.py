"""Spending on marketing, as `Marketing Spend` reports it: sums by source, currency and month, which lose no cent.

Whoever reports it is no customer for that. Sources beyond `MAX_SOURCES` are summed up under their channel, channels
beyond `MAX_CHANNELS` under `other`: the last ones by name, so that it does not depend on the order of the reports.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from processors.facets.activity import MAX_CURRENCIES
from processors.kinds import normal_name
from schemas.details import Source
from schemas.facts import Facts, Spending, Spent
from schemas.touch import Touch

MAX_SOURCES, MAX_CHANNELS = 64, 32
MONTHS = 13
"""Months that are kept of each sum: a year, and the month that is not over yet."""
OTHER = "other"
_REPORT = "marketing spend"
_NOTHING = Spending()

Key = tuple[str, str, str, str]
Sums = dict[Key, dict[int, float]]


def month_of(at: float) -> int:
    """The number of the month of an instant, UTC; January of the year 0 is 0.

    >>> month_of(0.0) == 1970 * 12
    True
    """
    when = datetime.fromtimestamp(at, UTC)
    return when.year * 12 + when.month - 1


def beginning(month: int) -> datetime:
    """When a month begins."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def is_reporter(facts: Facts) -> bool:
    """Whether nothing but reports of spending has come under this id: then it is no customer's."""
    return facts.spending is not None and facts.touchpoints <= facts.spending.reports


def added(spending: Spending | None, touches: Sequence[Touch]) -> Spending | None:
    """What was spent, with what these touches report."""
    reports = [touch for touch in touches if touch.kind is None and normal_name(touch.name) == _REPORT]
    if not reports:
        return spending
    before = spending or _NOTHING
    sums = _sums(before.sums)
    for touch in reports:
        if touch.details is not None and (spend := touch.details.spend) is not None:
            months = sums[_key(spend.source, spend.currency)]
            month = month_of(touch.at)
            months[month] = round(months.get(month, 0.0) + spend.amount, 4)
    return Spending(before.reports + len(reports), _bounded(sums))


def merged(own: Spending | None, other: Spending | None) -> Spending | None:
    """What was reported under both keys."""
    if own is None or other is None:
        return own or other
    return Spending(own.reports + other.reports, _bounded(_sums([*own.sums, *other.sums])))


def _sums(spent: Iterable[Spent]) -> Sums:
    sums: Sums = defaultdict(dict)
    for each in spent:
        _add(sums[_key(each.source, each.currency)], each.months)
    return sums


def _bounded(sums: Sums) -> list[Spent]:
    bounded: Sums = defaultdict(dict)
    for key, months in sums.items():
        _add(bounded[key], months)
    for key in sorted(key for key in bounded if key[1] or key[2])[MAX_SOURCES:]:
        channel, _, _, currency = key
        _add(bounded[channel, "", "", currency], bounded.pop(key))
    for key in sorted(key for key in bounded if not key[1] and not key[2] and key[0] != OTHER)[MAX_CHANNELS:]:
        _add(bounded[OTHER, "", "", key[3]], bounded.pop(key))
    for key in sorted(key for key in bounded if key[:3] == (OTHER, "", ""))[MAX_CURRENCIES:]:
        del bounded[key]
    return [
        Spent(Source(*key[:3]), key[3], {month: months[month] for month in sorted(months)[-MONTHS:]})
        for key, months in sorted(bounded.items())
    ]


def _add(months: dict[int, float], more: Mapping[int, float]) -> None:
    for month, amount in more.items():
        months[month] = round(months.get(month, 0.0) + amount, 4)


def _key(source: Source, currency: str) -> Key:
    return source.channel, source.source, source.campaign, currency
