"""Diagnosis: whom a change of churn has hit, and which pains precede leaving more than chance would have it.

Exact counts of outcomes, by the week in which they were settled, over a bounded number of values.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from processors.facets.activity import beginning, week_of
from processors.features import ACTIVE_DAYS, NAMES, RECENCY
from processors.significance import Counts, change_beyond, holm, mantel_haenszel, two_sided
from schemas.outcome import Outcome
from schemas.population import Churn, ChurnWeek, Culprit, PainPoint

WEEKS = 9
MAX_VALUES = 32
"""Values of a dimension, and pains, that are counted by themselves; further ones are `other`."""
SURE = 0.05
LEAST = 10
"""Outcomes that a value needs in both weeks to be asked about."""
OTHER = "other"

Key = tuple[str, str]
_EVERYBODY: Key = ("", "")
_RECENT, _FREQUENT = (1.386, 2.398), (1.0, 1.792)
"""Bounds of layers, in the units of features: silent for 3 and 10 days, active on 1 day and on 5."""


class Diagnosis:
    """What was counted so far. Layers are by recency and frequency, since who comes often meets more trouble, too."""

    def __init__(self) -> None:
        self.weeks: dict[int, dict[Key, list[int]]] = {}
        self.layers: dict[int, list[int]] = {}
        self.pains: dict[str, dict[int, list[int]]] = {}
        self.lost: Counter[str] = Counter()
        self._values: dict[str, list[str]] = {}

    def learn(self, outcome: Outcome) -> None:
        """Count an outcome. One of a week that is kept no more counts for pains alone."""
        self._count_pains(outcome)
        week = week_of((outcome.settled_at or outcome.due_at).timestamp())
        if self.weeks and week < max(self.weeks) - WEEKS + 1:
            return
        counts = self.weeks.setdefault(week, {})
        for key in (_EVERYBODY, *((name, self._known(name, value)) for name, value in outcome.dimensions.items())):
            held = counts.setdefault(key, [0, 0])
            held[0] += 1
            held[1] += outcome.churned
        for old in [each for each in self.weeks if each < max(self.weeks) - WEEKS + 1]:
            del self.weeks[old]

    def told(self) -> Churn | None:
        """What there is to say; none before there was an outcome."""
        if not self.weeks:
            return None
        latest = max(self.weeks)
        return Churn(
            at=datetime.fromtimestamp(beginning(latest), UTC),
            customers=sum(counts[_EVERYBODY][0] for counts in self.weeks.values()),
            weeks=[
                ChurnWeek(begins=datetime.fromtimestamp(beginning(week), UTC), outcomes=held[0], churned=held[1])
                for week, counts in sorted(self.weeks.items(), reverse=True)
                for held in (counts[_EVERYBODY],)
            ],
            culprits=self._culprits(latest),
            pain_points=self._pain_points(),
        )

    def _known(self, name: str, value: str) -> str:
        known = self._values.setdefault(name, [])
        if value not in known:
            if len(known) >= MAX_VALUES:
                return OTHER
            known.append(value)
        return value

    def _culprits(self, latest: int) -> list[Culprit]:
        """Values of which the churn changed otherwise than that of the others, from the week before the latest whole
        one to that one; the largest part in the change first."""
        after, before = self.weeks.get(latest - 1), self.weeks.get(latest - 2)
        if after is None or before is None:
            return []
        whole_before, whole_after = Counts(*before[_EVERYBODY]), Counts(*after[_EVERYBODY])
        found, chances = dict[Key, Culprit](), dict[Key, float]()
        for key in before.keys() & after.keys() - {_EVERYBODY}:
            then, now = Counts(*before[key]), Counts(*after[key])
            if min(then.of, now.of) < LEAST or min(whole_before.of - then.of, whole_after.of - now.of) < LEAST:
                continue
            others = [
                Counts(whole.of - own.of, whole.hits - own.hits)
                for whole, own in ((whole_before, then), (whole_after, now))
            ]
            chances[key] = two_sided(change_beyond(then, now, *others))
            found[key] = Culprit(
                dimension=key[0], value=key[1], before=round(then.share, 4), after=round(now.share, 4),
                outcomes_before=then.of, outcomes_after=now.of,
                part=round((now.share - then.share) * (then.of / whole_before.of + now.of / whole_after.of) / 2.0, 4),
                chance=1.0,
            )  # fmt: skip
        corrected = holm(chances)
        sure = [found[key].model_copy(update={"chance": p}) for key, p in corrected.items() if p < SURE]
        return sorted(sure, key=lambda each: -abs(each.part))

    def _count_pains(self, outcome: Outcome) -> None:
        layer = _layer(outcome.features)
        for name in (None, *outcome.pains):
            if name is None:
                held = self.layers.setdefault(layer, [0, 0])
            else:
                if name not in self.pains and len(self.pains) >= MAX_VALUES:
                    continue
                held = self.pains.setdefault(name, {}).setdefault(layer, [0, 0])
                if outcome.churned and outcome.predicted_value:
                    self.lost[f"{name}\n{outcome.currency or ''}"] += round(100.0 * outcome.predicted_value)
            held[0] += 1
            held[1] += outcome.churned

    def _pain_points(self) -> list[PainPoint]:
        found, chances = dict[str, PainPoint](), dict[str, float]()
        for name, by_layer in self.pains.items():
            exposed = Counts(*map(sum, zip(*by_layer.values(), strict=True)))
            layers = []
            for layer, everybody in self.layers.items():
                own = Counts(*by_layer.get(layer, (0, 0)))
                layers.append((own, Counts(everybody[0] - own.of, everybody[1] - own.hits)))
            excess, z = mantel_haenszel(layers)
            if exposed.of < LEAST:
                continue
            chances[name] = two_sided(z)
            part = max(0.0, excess) / exposed.hits if exposed.hits else 0.0
            lost = {
                key.partition("\n")[2]: round(cents * part / 100.0, 2)
                for key, cents in self.lost.items()
                if key.partition("\n")[0] == name
            }
            found[name] = PainPoint(
                name=name, customers=exposed.of, churned=round(exposed.share, 4),
                expected=round(max(0.0, (exposed.hits - excess) / exposed.of), 4), excess=round(excess, 1),
                value_hurt=lost, chance=1.0,
            )  # fmt: skip
        corrected = holm(chances)
        sure = [
            found[name].model_copy(update={"chance": p})
            for name, p in corrected.items()
            if p < SURE and found[name].excess > 0.0
        ]
        return sorted(sure, key=lambda each: (-sum(each.value_hurt.values()), -each.excess))


def _layer(features: Mapping[str, float]) -> int:
    recency, days = features[NAMES[RECENCY]], features[NAMES[ACTIVE_DAYS]]
    return 3 * sum(recency > bound for bound in _RECENT) + sum(days > bound for bound in _FREQUENT)
