"""Timers are lazy: written when needed, left alone when early enough."""

from math import inf

from processors.timers import arm, due_at
from schemas.facts import Facts
from schemas.judgements import Episode, Judgements, Prediction, Scores
from tests.unit.making import POLICY, day

SCORES = Scores(day(0), churn=0.5, engagement=1.0, usual=1.0)


def test_the_earliest_of_all_that_may_fall_due() -> None:
    facts = Facts(last_meaningful=day(0))
    judged = Judgements(SCORES, predict_at=day(5), rescore_at=day(7))
    assert due_at(facts, judged, POLICY) == day(5)
    judged.pending = [Prediction(day(-8), [], 5000, [], 5000, 1000, 0, 0, None, 1)]
    assert due_at(facts, judged, POLICY) == day(2)
    held = POLICY.model_copy(update={"hold": POLICY.predict_every / 5})
    judged.episodes = {"churn.risk": Episode(over_since=day(0))}
    assert due_at(facts, judged, held) == day(1)


def test_a_customer_who_is_never_due_has_no_timer() -> None:
    assert due_at(Facts(), Judgements(), POLICY) == inf
    assert arm(day(3), inf, day(0)) == 0.0


def test_a_timer_that_is_early_enough_stands() -> None:
    assert arm(day(3), day(9), day(0)) == day(3)
    assert arm(day(3), day(2), day(0)) == day(2)
    assert arm(day(3), day(9), day(4)) == day(9)
