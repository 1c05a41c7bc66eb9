"""Movement: why the risk of a customer is not what it was, and which touchpoints came in between.

Two moments are scored by one and the same model, so that nothing moves but the customer. Each is taken apart into what
every input adds to the log-odds; the differences of these sum to the difference of the scores. The moment to compare
with is a prediction that was noted then and still waits, since its features are known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from math import fsum

from processors.features import NAMES
from processors.kinds import normal_name
from processors.learning.inputs import IN_WORDS, probability
from processors.models import Explanation, Models
from schemas.alert import Alert, AlertKind, Changed, Changes
from schemas.facts import Facts
from schemas.judgements import Change, Movement, Prediction, Scores
from schemas.kinds import Kind

MAX_CHANGES = 4
MAX_TOUCHPOINTS = 4
"""Names of them."""
FAR = 0.2
"""A risk so far from what was last told is worth an explanation, which costs more than all else that a touch does."""
_SLIGHT = 0.1
"""What has changed the score by so small a part of what the strongest change did is not told by itself."""
_CALENDAR = ("weekday_sin", "weekday_cos")
_PAINFUL = (Kind.FRICTION, Kind.SERVICE)
_FED_BY = {
    "orders": (Kind.PURCHASE,),
    "buying": (Kind.PURCHASE,),
    "spending": (Kind.PURCHASE,),
    "considering": (Kind.CONSIDER,),
    "service": (Kind.SERVICE,),
    "friction": (Kind.FRICTION,),
    "campaigns": (Kind.CAMPAIGN,),
    "rating": (Kind.FEEDBACK,),
}
"""The kinds of touchpoints that an input follows, where it does not follow all of them."""
_CHURN_RISK = AlertKind.CHURN_RISK
_UNIT, _CHANCE = 1_000, 10_000


def moved(
    before: Movement | None,
    waiting: Sequence[Prediction],
    facts: Facts,
    scores: Scores,
    features: Sequence[float],
    turned: bool,
    models: Models,
) -> Movement | None:
    """What is to be told of how the risk has moved.

    Args:
        before: what was told so far, which stays where there is nothing new to tell.
        waiting: predictions that wait, the oldest first, from which the moment to compare with is taken.
        facts: with the last touchpoints, which are named where they came in between.
        scores: of now; those of a model that is warming up tell nothing.
        features: that these were made from.
        turned: whether an alert about the risk has. Else it is told when the risk is `FAR` from what was told last, or
            from what was noted last.
        models: that made the scores.
    """
    if scores.warming_up:
        return before
    if not turned:
        last = before.after if before is not None else waiting[-1].churn if waiting else None
        if last is None or abs(scores.churn - last / _CHANCE) < FAR:
            return before
    then = _moment(waiting, scores)
    return before if then is None else _movement(then, facts, scores, features, models)


def explained(alerts: list[Alert], movement: Movement | None) -> list[Alert]:
    """The alerts, those about churn risk with what has changed by then."""
    if movement is None:
        return alerts
    return [
        alert.model_copy(update={"changes": told(movement)})
        if alert.kind is _CHURN_RISK and alert.at.timestamp() == movement.at
        else alert
        for alert in alerts
    ]


def told(movement: Movement) -> Changes:
    """A movement as people read it."""
    since, at = datetime.fromtimestamp(movement.since, UTC), datetime.fromtimestamp(movement.at, UTC)
    before, after = movement.before / _CHANCE, movement.after / _CHANCE
    parts = [
        Changed(
            feature=change.input,
            before=change.before / _UNIT,
            value=change.after / _UNIT,
            weight=change.weight / _UNIT,
            words=_words(change),
        )
        for change in movement.changes
        # Another release may have seen other inputs.
        if change.input in IN_WORDS
    ]
    return Changes(
        since=since,
        until=at,
        before=before,
        after=after,
        parts=parts,
        others=movement.others / _UNIT,
        touchpoints=movement.touchpoints,
        summary=_summary(since, before, after, parts, movement.touchpoints),
    )


def _moment(waiting: Sequence[Prediction], scores: Scores) -> Prediction | None:
    """The latest prediction whose risk was `FAR` from what it is now, so that a rise that took its time is told whole;
    else the oldest that waits."""
    known = [each for each in waiting if each.made < scores.at and len(each.features) == len(NAMES)]
    far = [each for each in known if abs(each.churn / _CHANCE - scores.churn) >= FAR] or known[:1]
    return far[-1] if far else None


def _movement(then: Prediction, facts: Facts, scores: Scores, features: Sequence[float], models: Models) -> Movement:
    was = models.explain([value / _UNIT for value in then.features], then.made)
    now = models.explain(features, scores.at)
    pairs = zip(was.parts, now.parts, strict=True)
    changes = [
        Change(b.input, round(_UNIT * (b.weight - a.weight)), round(_UNIT * a.value), round(_UNIT * b.value))
        for a, b in pairs
    ]
    strongest = sorted(changes, key=lambda change: (-abs(change.weight), change.input))[:MAX_CHANGES]
    kept = [change for change in strongest if abs(change.weight) > _SLIGHT * abs(strongest[0].weight)]
    before, after = _log_odds(was), _log_odds(now)
    return Movement(
        since=then.made,
        at=scores.at,
        before=round(_CHANCE * probability(before)),
        after=round(_CHANCE * scores.churn),
        changes=kept,
        others=round(_UNIT * (after - before)) - sum(change.weight for change in kept),
        touchpoints=_between(facts, then.made, scores.at, {change.input for change in kept}),
    )


def _log_odds(explanation: Explanation) -> float:
    return fsum((explanation.average, *(part.weight for part in explanation.parts)))


def _between(facts: Facts, since: float, until: float, inputs: Set[str]) -> dict[str, int]:
    """What came in between and is remembered, by name; of more than there is room for, what feeds these inputs first,
    and then the latest. What went wrong is remembered for longer than what else was done."""
    feeding = {kind for name in inputs for kind in _FED_BY.get(name, ())}
    recent = [touch for touch in facts.recent if since < touch.at <= until]
    known = {(touch.at, normal_name(touch.name)) for touch in recent}
    found = [(touch.kind in feeding, touch.at, touch.name) for touch in recent]
    spelled = {normal_name(touch.name): touch.name for touch in facts.recent}
    found += [
        (not feeding.isdisjoint(_PAINFUL), at, spelled.get(name, name))
        for name, times in facts.pains.items()
        for at in times
        if since < at <= until and (at, name) not in known
    ]
    counted = Counter(name for _, _, name in sorted(found, reverse=True))
    return dict(list(counted.items())[:MAX_TOUCHPOINTS])


def _words(change: Change) -> str:
    say = IN_WORDS[change.input]
    before, after = say(change.before / _UNIT), say(change.after / _UNIT)
    if change.input in _CALENDAR:
        return after
    if before == after:
        return f"{after}, {'more' if change.after > change.before else 'less'} than before"
    return f"{after} (before: {before})"


def _summary(
    since: datetime, before: float, after: float, parts: Sequence[Changed], touchpoints: Mapping[str, int]
) -> str:
    # What pulls the other way is no reason, but it has changed, too.
    up = after >= before
    because = _listed(part.words for part in parts if (part.weight > 0) is up)
    although = _listed(part.words for part in parts if (part.weight > 0) is not up)
    said = f"Since {since:%Y-%m-%d} the risk went from {before:.0%} to {after:.0%}"
    said += f", because {because}" if because else ""
    said += f"; although {although}" if although else ""
    names = ", ".join(name if count == 1 else f"{count} × {name}" for name, count in touchpoints.items())
    return f"{said}. Touchpoints in between: {names or 'none'}."


def _listed(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))
