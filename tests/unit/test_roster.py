"""The roster says of each customer what there is to say, and in which place of each order they come."""

import random

from processors.fold import fold
from processors.roster import SCORES, UNKNOWN, Wanted, row_of
from schemas.consent import Purpose
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Place, Scores
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.roster import Row
from tests.unit.making import POLICY, day, touch

NOW = day(60)


def customer(name: str, chance: random.Random) -> Profile:
    touches = [touch(chance.uniform(0, 59), Kind.PURCHASE, amount=chance.uniform(1, 99), currency="EUR")]
    scores = None
    if chance.random() < 0.8:
        scores = Scores(
            NOW, round(chance.random(), 4), round(chance.uniform(0, 9), 3), 1.0, warming_up=chance.random() < 0.1,
            value=chance.choice((None, round(chance.uniform(0, 500), 2))),
        )  # fmt: skip
    return Profile(name, fold(Facts(), touches), Judgements(scores=scores))


def test_what_stands_there_of_a_customer() -> None:
    profile = customer("ada", random.Random(2))
    profile.facts = fold(Facts(), [touch(50, Kind.PURCHASE, amount=30.0, currency="EUR")])
    segments = Memberships(Place("dormant", day(60), "active"), Place("At risk", day(55)), own={"vip": 0.0, "no": -1.0})
    profile.judgements = Judgements(Scores(NOW, 0.5, 2.5, 1.0, value=40.0), segments=segments)
    row = row_of(profile, NOW, POLICY)
    assert row == Row(
        "active", "dormant", ["dormant", "At risk", "vip"], 0.5, 20.0, 40.0, 2.5, 30.0, "EUR", day(50)
    )  # fmt: skip
    assert {order: count(row) for order, count in SCORES.items()} == {
        "churn_risk": 0.5, "at_risk": 20.0, "value": 40.0, "engagement": 2.5, "last_seen": day(50)
    }  # fmt: skip
    profile.judgements = Judgements(Scores(NOW, 0.5, 2.5, 1.0, warming_up=True))
    row = row_of(profile, NOW, POLICY)
    assert row is not None
    assert (row.churn_risk, row.at_risk, row.engagement, row.segments) == (None, None, 2.5, [])
    assert SCORES["churn_risk"](row) == SCORES["at_risk"](row) == UNKNOWN


def test_some_are_not_listed() -> None:
    moved, refused = customer("moved", random.Random(3)), customer("refused", random.Random(3))
    moved.facts.moved_to = "ada"
    refused.facts = fold(refused.facts, [touch(59, consent=(Purpose.PROFILING,))])
    for profile in (moved, refused, Profile("nobody")):
        assert row_of(profile, NOW, POLICY) is None
    # Who is only known is listed all the same.
    known = row_of(Profile("eve", fold(Facts(), [touch(1, None)])), NOW, POLICY)
    assert known is not None
    assert known.status == "known"


def test_those_who_are_asked_for() -> None:
    row = Row("active", "new", ["new", "vip"], None, None, None, None, 0.0, "", day(1))
    for wanted, has in (
        (Wanted(), True),
        (Wanted(segments=["vip", "other"]), True),
        (Wanted(segments=["other"]), False),
        (Wanted(lifecycle=["new"], status=["active"]), True),
        (Wanted(segments=["vip"], lifecycle=["dormant"]), False),
        (Wanted(segments=["vip"], status=["lost", "left"]), False),
    ):
        assert wanted.has(row) is has
