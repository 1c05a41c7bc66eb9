"""The heart: one pure step of one customer. Live, timers, replay, evaluation and tests all take this step."""

from collections.abc import Sequence
from functools import reduce

import msgspec

from processors.alerts import decide
from processors.attitude import attitude_gap
from processors.budget import Budget
from processors.features import extract, main_currency
from processors.fold import fresh
from processors.identity import Traced, trace
from processors.lifecycle import returned, status
from processors.models import Models
from processors.movement import explained, moved
from processors.predictions import MAX_PENDING, next_on_grid, settle, witness
from processors.prescribing import concluded, prescribe, witnessed
from processors.rules import MAX_REMEMBERED, asks_each, remembered, watch
from processors.scoring import prediction_of, score
from processors.segments import memberships
from processors.segments.watching import watch as watch_segments
from processors.sentiment.hearing import lessons_of, moods_of, written_in
from processors.sentiment.mood import together
from processors.timers import arm, due_at
from processors.watched import Watched
from schemas.actions import Trial
from schemas.alert import Alert, AlertKind
from schemas.facts import Facts
from schemas.judgements import Judgements, Label, Mood, Prediction
from schemas.norms import Norms
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.rated_text import RatedText
from schemas.touch import Note, Touch

_RESCORE_SHARE = 0.5
"""A silent customer is scored again when the silence has grown by this share,"""
_RESCORE_LEAST = 0.5
"""but not before this share of the prediction interval."""

_NO_NORMS = Norms()
# Looking a member up in its enumeration costs more than a look at an alert.
_CHURN_RISK = AlertKind.CHURN_RISK


class Step(msgspec.Struct, gc=False):
    """What came of a step. `profile` is the very object given when nothing was new and nothing was due.

    `folded` are the touches that were folded into it, in order; `repeated` is how many had been before; `notes` are for
    other keys of the same person; `texts` are those that teach, and `heard` is how each of all texts sounds.
    """

    profile: Profile
    alerts: Sequence[Alert] = ()
    outcomes: Sequence[Outcome] = ()
    trials: Sequence[Trial] = ()
    texts: Sequence[RatedText] = ()
    heard: Sequence[Label] = ()
    folded: Sequence[Touch] = ()
    notes: Sequence[Note] = ()
    repeated: int = 0


def advance(
    profile: Profile,
    touchpoints: Sequence[Touch],
    now: float,
    models: Models,
    policy: Policy,
    budget: Budget | None = None,
    norms: Norms = _NO_NORMS,
) -> Step:
    """Fold the customer's new touches, settle what came due, score, and decide.

    Args:
        profile: the customer as last saved; it is not changed.
        touchpoints: touches of this customer, in the order of the log; those folded before are skipped.
        now: stream time in epoch seconds; no touch is later, but for what another key hands over.
        models: the frozen version to score with.
        policy: the rules of the business.
        budget: what its churn alerts are paid from where it says how many there may be; the one thing that is changed.
        norms: what is usual among all customers.

    Without touches it is a look at the clock: it does something only when the profile's timer has come. What comes
    before a key is handed over is judged before it is, as if it had come in a step of its own.
    """
    new = fresh(profile, touchpoints)
    repeated = len(touchpoints) - len(new)
    if not new:
        if not 0.0 < profile.judgements.timer <= now:
            return Step(profile, repeated=repeated)
        due = due_at(profile.facts, profile.judgements, policy)
        if due > now:
            timer = arm(0.0, due, now)
            return Step(
                msgspec.structs.replace(profile, judgements=msgspec.structs.replace(profile.judgements, timer=timer)),
                repeated=repeated,
            )

    # 1. Facts, also of other keys that turn out to be the same person.
    before = profile.judgements
    traced = trace(profile, new, policy, len(new) > 1 and asks_each(policy)) if new else _untouched(profile)
    if traced.leaves is not None:
        place = next(place for place, touch in enumerate(touchpoints) if touch is traced.leaves)
        first = advance(profile, touchpoints[:place], now, models, policy, budget, norms)
        return _after(first, advance(first.profile, touchpoints[place:], now, models, policy, budget, norms))
    facts, folded = traced.facts, traced.folded
    returned_at = returned(profile.facts, folded, policy) or before.returned_at
    now = max(now, facts.last_seen)

    # 2. Predictions that came due become outcomes.
    waiting: list[Prediction] = []
    outcomes: list[Outcome] = []
    if traced.pending and not facts.unprofiled:
        pending = witness(traced.pending, folded, policy)
        waiting, outcomes = settle(profile.customer, pending, facts, now, policy)
    trying = before.trying
    trials: list[Trial] = []
    if trying is not None:
        trying, trials = concluded(profile.customer, witnessed(trying, folded, policy), facts, now, policy)

    # 3. Score a customer who is still there; note the score down when the grid says so.
    scores, features = None, []
    predict_at = rescore_at = 0.0
    if status(facts, now, policy) == "active":
        features = extract(facts, now)
        predict_at = before.predict_at or next_on_grid(profile.customer, now, policy)
        # It looks years ahead, so it is worked out as often as predictions are made, and no oftener.
        holds = predict_at > now and _pays_as_before(profile.facts, facts)
        lifetime = before.scores.lifetime if holds and before.scores else None
        scores = score(facts, features, now, models, policy, lifetime)
        if predict_at <= now:
            if len(waiting) < MAX_PENDING:
                waiting = [*waiting, prediction_of(facts, scores, features, models, before.segments)]
            predict_at = next_on_grid(profile.customer, now, policy)
        silence = now - facts.last_meaningful
        least = _RESCORE_LEAST * policy.seconds.predict_every
        rescore_at = round(now + max(least, _RESCORE_SHARE * silence), 3)

    # 4. How the customer sounds, and what those who rated what they wrote about teach.
    mood = traced.mood
    texts: Sequence[RatedText] = ()
    moods: Sequence[Mood] = ()
    if facts.unprofiled or "sentiment" in policy.without:
        mood = None
    elif written := written_in(folded):
        texts, moods = lessons_of(written), moods_of(written, models)
        mood = reduce(together, moods, mood)

    # 5. Which segments the customer stands in.
    segments = memberships(
        profile.facts, before, folded, facts, returned_at, scores, features, now, models, norms, policy, mood
    )

    # 6. Alerts are changes of state.
    watched: list[Watched] = []
    if policy.rules or before.episodes:
        watched += watch(facts, scores, folded, before.episodes, now, policy, segments, traced.stood, mood)
    if policy.segment_alerts or before.episodes:
        watched += watch_segments(segments, before.episodes, policy)
    if (gap := attitude_gap(facts, scores, now, policy)) is not None:
        watched.append(gap)
    episodes, alerts = decide(
        profile.customer, facts, scores, features, returned_at, before.episodes, now, models, policy, budget, watched,
        segments,
    )  # fmt: skip
    movement = None if facts.unprofiled or facts.moved_to else before.movement
    if scores is not None:
        turned = bool(alerts) and any(alert.kind is _CHURN_RISK for alert in alerts)
        movement = moved(movement, waiting, facts, scores, features, turned, models)
    if alerts and scores is not None:
        alerts = explained(alerts, movement)
        alerts, trying = prescribe(alerts, trying, facts, scores, now, models, policy, segments, mood)
    if len(episodes) > MAX_REMEMBERED:
        episodes = remembered(episodes, policy)

    # 7. When to look again.
    judgements = Judgements(
        scores,
        waiting,
        episodes,
        predict_at,
        rescore_at,
        returned_at,
        before.timer,
        segments,
        trying,
        movement,
        mood,
    )
    judgements.timer = arm(before.timer, due_at(facts, judgements, policy), now)
    at = profile.at.copy()
    for touch in touchpoints:
        if touch.offset > at.get(touch.partition, -1):
            at[touch.partition] = touch.offset
    after = Profile(profile.customer, facts, judgements, at, profile.revision, traced.joining)
    return Step(after, alerts, outcomes, trials, texts, [each.label for each in moods], folded, traced.notes, repeated)


def _pays_as_before(was: Facts, facts: Facts) -> bool:
    """Whether the currency is the one that it was, as it must be where nothing was paid."""
    return facts.money is was.money or main_currency(facts) == main_currency(was)


def _untouched(profile: Profile) -> Traced:
    judged = profile.judgements
    return Traced(profile.facts, judged.pending, (), joining=profile.joining, mood=judged.mood)


def _after(first: Step, then: Step) -> Step:
    """Two steps of one customer as one."""
    return Step(
        then.profile,
        [*first.alerts, *then.alerts],
        [*first.outcomes, *then.outcomes],
        [*first.trials, *then.trials],
        [*first.texts, *then.texts],
        [*first.heard, *then.heard],
        [*first.folded, *then.folded],
        [*first.notes, *then.notes],
        first.repeated + then.repeated,
    )
