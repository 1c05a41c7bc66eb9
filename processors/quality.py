"""Data quality, counted: what came of each event, what it lacked, how late it was, whether it had come before.

What is counted is bounded whatever is sent: the plan bounds what is counted by field, and a limit of distinct counts
stands behind it.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from processors.plan import Checked
from schemas.quality import PlannedEvent, Share, SourceQuality

Key = tuple[str, ...]
"""What is counted: its name, and by what it is told apart."""

MAX_COUNTS = 1_000
"""Distinct counts of a source; what is new beyond them is counted as `other`."""
MAX_IDS = 10_000
"""Message ids of a source that are remembered to find duplicates."""

DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0)
"""Upper bounds of the buckets for delays, in seconds; one more is open at its end."""

_ACCEPTED: Key = ("accepted",)
_WITHHELD: Key = ("withheld",)
_UNPLANNED: Key = ("unplanned",)
_OFF_PLAN: Key = ("off_plan",)
_IDENTIFIED: Key = ("ids",)
_DUPLICATE: Key = ("duplicates",)
_HAS = {name: ("has", name) for name in ("userId", "timestamp", "messageId", "context.library")}
_DELAYS = [("delay", str(number)) for number in range(len(DELAYS) + 1)]
_BY_FIELD = frozenset(("planned", "violating", "violation", "present"))
_NOTHING = (None, "")


class Observed:
    """What is to be counted of one request, once the broker has it; `delay` is the sum of its delays, in seconds."""

    __slots__ = ("delay", "ids", "marks")

    def __init__(self) -> None:
        self.marks: list[Key] = []
        self.ids: list[str] = []
        self.delay = 0.0

    def accept(self, told: Mapping[str, Any], delay: float, checked: Checked | None, planned: bool) -> None:
        """An event was taken in: as it was told, how many seconds after it happened, and what the plan says of it.
        `planned` says whether a plan should know it."""
        marks = self.marks
        marks.append(_ACCEPTED)
        if told.get("userId") not in _NOTHING:
            marks.append(_HAS["userId"])
        if told.get("timestamp") not in _NOTHING or told.get("originalTimestamp") not in _NOTHING:
            marks.append(_HAS["timestamp"])
            marks.append(_DELAYS[bisect_left(DELAYS, delay)])
            self.delay += max(0.0, delay)
        message = told.get("messageId")
        if message not in _NOTHING:
            marks.append(_HAS["messageId"])
            self.ids.append(str(message))
        if (told.get("context") or {}).get("library"):
            marks.append(_HAS["context.library"])
        if checked is not None:
            self._check(checked)
            if checked.violations:
                marks.append(_OFF_PLAN)
        elif planned:
            marks.append(_UNPLANNED)

    def refuse(self, code: str, checked: Checked | None = None) -> None:
        """An event was refused; `checked` if it was the plan that did."""
        self.marks.append(("rejected", code))
        if checked is not None:
            self._check(checked)

    def withhold(self) -> None:
        """An event was not kept, for want of consent."""
        self.marks.append(_WITHHELD)

    def _check(self, checked: Checked) -> None:
        event = checked.event
        self.marks.append(("planned", event))
        self.marks.extend([("present", event, name) for name in checked.present])
        if checked.violations:
            self.marks.append(("violating", event))
            self.marks.extend([("violation", event, violation.field) for violation in checked.violations])


class SourceCounts:
    """The counts of one source, from `since` on, and when it was `last_seen` (both in epoch seconds).

    `delay` is the sum of all delays.
    """

    def __init__(self, since: float) -> None:
        self.counts: Counter[Key] = Counter()
        self.since = self.last_seen = since
        self.delay = 0.0
        self._ring: deque[int] = deque(maxlen=MAX_IDS)
        self._seen: set[int] = set()

    def add(self, observed: Observed, received: float) -> None:
        """Count a request that came at `received` (epoch seconds)."""
        counts = self.counts
        self.last_seen = max(self.last_seen, received)
        self.delay += observed.delay
        for key in observed.marks:
            if key not in counts and len(counts) >= MAX_COUNTS and key[0] in _BY_FIELD:
                key = (key[0], *["other"] * (len(key) - 1))
            counts[key] += 1
        for message in observed.ids:
            counts[_IDENTIFIED] += 1
            counts[_DUPLICATE] += self._repeats(message)

    def _repeats(self, message: str) -> bool:
        # An int takes a third of what the id would; two ids that share one are as rare as a broken memory chip.
        hashed = hash(message)
        if hashed in self._seen:
            return True
        if len(self._ring) == MAX_IDS:
            self._seen.discard(self._ring[0])
        self._ring.append(hashed)
        self._seen.add(hashed)
        return False


def report(
    source: str, counts: Mapping[Key, int], since: float, last_seen: float, optional: Mapping[str, Iterable[str]]
) -> SourceQuality:
    """What the counts of a source say. Both times are epoch seconds, 0 for none; `optional` are the optional fields of
    the plan by event, so that one that never came is named, too."""
    accepted, rejected = counts.get(_ACCEPTED, 0), _by_last(counts, "rejected")
    delays = [counts.get(key, 0) for key in _DELAYS]
    return SourceQuality(
        source=source,
        since=_date(since),
        accepted=accepted,
        rejected=rejected,
        withheld=counts.get(_WITHHELD, 0),
        validity=_share(accepted - counts.get(_OFF_PLAN, 0), accepted + sum(rejected.values())),
        completeness={name: _share(counts.get(key, 0), accepted) for name, key in _HAS.items()},
        duplicates=_share(counts.get(_DUPLICATE, 0), counts.get(_IDENTIFIED, 0)),
        median_delay=quantile(delays, 0.5),
        p95_delay=quantile(delays, 0.95),
        last_seen=_date(last_seen),
        unplanned=counts.get(_UNPLANNED, 0),
        plan=sorted(_planned(counts, optional), key=lambda event: (-event.off_plan, event.event)),
    )


def quantile(delays: list[int], share: float) -> float | None:
    """The delay that this share of events does not exceed, in seconds, as exact as its bucket; for the last one, which
    is open, where it begins. None without events."""
    rank = share * sum(delays)
    if not rank:
        return None
    below = 0
    for number, count in enumerate(delays):
        if count and below + count >= rank:
            begin = DELAYS[number - 1] if number else 0.0
            end = DELAYS[number] if number < len(DELAYS) else begin
            return round(begin + (end - begin) * (rank - below) / count, 3)
        below += count
    raise AssertionError("the last bucket reaches every rank")


def _planned(counts: Mapping[Key, int], optional: Mapping[str, Iterable[str]]) -> Iterator[PlannedEvent]:
    by_event: dict[str, dict[str, dict[str, int]]] = {}
    for key, count in counts.items():
        if key[0] in ("violation", "present"):
            by_event.setdefault(key[1], {}).setdefault(key[0], {})[key[2]] = count
    for event, received in _by_last(counts, "planned").items():
        fields = by_event.get(event, {})
        present = dict.fromkeys(optional.get(event, ()), 0) | fields.get("present", {})
        yield PlannedEvent(
            event=event,
            received=received,
            off_plan=counts.get(("violating", event), 0),
            violations=fields.get("violation", {}),
            completeness={name: _share(count, received) for name, count in sorted(present.items())},
        )


def _by_last(counts: Mapping[Key, int], name: str) -> dict[str, int]:
    return {key[-1]: count for key, count in counts.items() if key[0] == name and len(key) == 2}


def _share(part: int, whole: int) -> Share:
    return round(part / whole, 4) if whole else None


def _date(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None
