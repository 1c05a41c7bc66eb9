"""Segments: how many customers stand in each, what they are worth and at what risk, and how they move between them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import get_args

from processors.census import MOST_CURRENCIES, expected_revenue
from processors.decay import DAY
from processors.features import main_currency
from processors.segments.places import FOUND, OUTSIDE, places
from schemas.judgements import Place
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.segments import By, Move, RfmName, Segments, SegmentSize, Stage

MOVED_WITHIN = 30 * DAY
"""Seconds for which a move counts. A customer's profile holds the last one, so each counts once."""
_CENT = 100
_CHANCE = 10_000
_ORDER: Mapping[By, tuple[str, ...]] = {"lifecycle": get_args(Stage), "rfm": get_args(RfmName)}
"""Segments that are there whether somebody stands in them or not."""

_Name = tuple[By, str]


class SegmentsTally:
    """Counts whole numbers alone, so that the order in which customers come does not show in the sums."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._everybody = 0
        self._customers, self._scored, self._risk = Counter[_Name](), Counter[_Name](), Counter[_Name]()
        self._entered, self._departed = Counter[_Name](), Counter[_Name]()
        self._moves = Counter[tuple[By, str, str]]()
        self._expected: dict[_Name, Counter[str]] = {}
        self._revenue: dict[_Name, Counter[str]] = {}

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer."""
        held = profile.judgements.segments
        if held is None:
            return
        self._everybody += 1
        for by, place in places(held):
            self._stand((by, place.name), profile, now)
            self._move(by, place, now)
        for name, since in held.own.items():
            if name not in self._policy.segments:
                continue
            if since >= FOUND:
                self._stand(("own", name), profile, now)
                self._entered["own", name] += now - since < MOVED_WITHIN
            elif since != OUTSIDE:
                self._departed["own", name] += now + since < MOVED_WITHIN

    def _stand(self, name: _Name, profile: Profile, now: float) -> None:
        facts, scores = profile.facts, profile.judgements.scores
        self._customers[name] += 1
        revenue = self._revenue.setdefault(name, Counter())
        for currency, money in facts.money.items():
            revenue[currency] += round(_CENT * money.revenue)
        if scores is None:
            return
        if not scores.warming_up:
            self._scored[name] += 1
            self._risk[name] += round(_CHANCE * scores.churn)
        main = main_currency(facts)
        if main is not None:
            expected = expected_revenue(facts, scores, now, self._policy)
            self._expected.setdefault(name, Counter())[main] += round(_CENT * expected)

    def _move(self, by: By, place: Place, now: float) -> None:
        if place.before and now - place.since < MOVED_WITHIN:
            self._moves[by, place.before, place.name] += 1
            self._entered[by, place.name] += 1
            self._departed[by, place.before] += 1

    def told(self, now: float) -> Segments:
        """The section."""
        return Segments(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._everybody,
            segments=[self._size(by, name) for by, name in self._names()],
            moves=[
                Move(by=by, source=source, target=target, customers=count)
                for (by, source, target), count in sorted(self._moves.items(), key=lambda each: (-each[1], each[0]))
            ],
        )

    def _names(self) -> Iterator[_Name]:
        for by in get_args(By):
            usual = _ORDER.get(by, ()) if by not in self._policy.without else ()
            if by == "own":
                usual = tuple(self._policy.segments)
            found = {name for each, name in self._customers if each == by}
            yield from ((by, name) for name in (*usual, *sorted(found - set(usual))))

    def _size(self, by: By, segment: str) -> SegmentSize:
        name = (by, segment)
        scored = self._scored[name]
        return SegmentSize(
            name=segment,
            by=by,
            customers=self._customers[name],
            risk=round(self._risk[name] / _CHANCE / scored, 4) if scored else None,
            expected=_money(self._expected.get(name)),
            revenue=_money(self._revenue.get(name)),
            entered=self._entered[name],
            departed=self._departed[name],
        )


def _money(amounts: Counter[str] | None) -> dict[str, float]:
    return {currency: amount / _CENT for currency, amount in (amounts or Counter()).most_common(MOST_CURRENCIES)}
