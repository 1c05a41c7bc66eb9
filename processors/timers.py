"""Timers: when a customer should be looked at again although nothing happened. Silence must be noticed too."""

from math import inf

from processors.alerts import rule_of
from processors.episodes import next_look
from processors.lifecycle import ends_at
from processors.rules import passes_at
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.judgements import Episode, Judgements
from schemas.policy import Policy

_NONE = Episode()


def due_at(facts: Facts, judgements: Judgements, policy: Policy) -> float:
    """The next time at which something falls due for this customer; infinity when nothing ever will."""
    spans = policy.seconds
    due = [prediction.made + spans.horizon for prediction in judgements.pending]
    if judgements.scores is not None:
        due += (judgements.predict_at, judgements.rescore_at, facts.last_meaningful + spans.activity)
    if (segments := judgements.segments) is not None:
        if segments.lifecycle is not None:
            due.append(ends_at(segments.lifecycle, facts, judgements.returned_at, spans))
        if segments.rfm_at:
            due.append(segments.rfm_at)
    if judgements.episodes.get(AlertKind.CUSTOMER_RETURNED, _NONE).opened_at:
        due.append(judgements.returned_at + spans.horizon)
    for key, episode in judgements.episodes.items():
        if (look := next_look(episode, rule_of(key, policy))) is not None:
            due.append(look)
        if (passes := passes_at(key, episode, policy)) is not None:
            due.append(passes)
    if judgements.trying is not None:
        due.append(judgements.trying.at + spans.horizon)
    return min(due, default=inf)


def arm(armed: float, due: float, now: float) -> float:
    """The timer to have in the store, 0 for none.

    One that stands and is early enough is left alone: a timer that fires early costs less than one that is written at
    every touch.
    """
    if due == inf:
        return 0.0
    if now < armed <= due:
        return armed
    rounded = round(due, 3)
    # Never before what it is for, or it would be looked at in vain, and armed for the same moment again.
    return rounded if rounded >= due else round(due + 0.001, 3)
