"""The roster keeps those who come first in each order, and says what there is to say of them."""

import random
from typing import get_args

from processors.fold import fold
from processors.roster import SCORES, RosterTally, Wanted
from schemas.consent import Purpose
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Place, Scores
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.roster import Order, Row
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


def kept(profiles: list[Profile], most: int) -> tuple[RosterTally, dict[str, tuple[Row, dict[Order, float]]]]:
    tally = RosterTally(POLICY, most)
    for profile in profiles:
        tally.add(profile, NOW)
    return tally, {name: (row, scores) for name, row, scores in tally.rows()}


def test_the_first_of_each_order_are_those_of_a_sort() -> None:
    chance = random.Random(1)
    everybody = [customer(f"c{number}", chance) for number in range(400)]
    whole, all_rows = kept(everybody, 400)
    assert (whole.customers, whole.complete, len(all_rows)) == (400, True, 400)
    few, rows = kept(everybody, 25)
    assert (few.customers, few.complete) == (400, False)
    for order in get_args(Order):
        ranked = sorted(((SCORES[order](row), name) for name, (row, _) in all_rows.items()), reverse=True)
        found = {name: scores[order] for name, (_, scores) in rows.items() if order in scores}
        assert found == {name: score for score, name in ranked[:25]}
    assert all(rows[name][0] == all_rows[name][0] for name in rows)


def test_what_stands_there_of_a_customer() -> None:
    profile = customer("ada", random.Random(2))
    profile.facts = fold(Facts(), [touch(50, Kind.PURCHASE, amount=30.0, currency="EUR")])
    segments = Memberships(Place("dormant", day(60), "active"), Place("At risk", day(55)), own={"vip": 0.0, "no": -1.0})
    profile.judgements = Judgements(Scores(NOW, 0.5, 2.5, 1.0, value=40.0), segments=segments)
    (row,) = (row for row, _ in kept([profile], 5)[1].values())
    assert row == Row(
        "active", "dormant", ["dormant", "At risk", "vip"], 0.5, 20.0, 40.0, 2.5, 30.0, "EUR", day(50)
    )  # fmt: skip
    profile.judgements = Judgements(Scores(NOW, 0.5, 2.5, 1.0, warming_up=True))
    (row,) = (row for row, _ in kept([profile], 5)[1].values())
    assert (row.churn_risk, row.at_risk, row.engagement, row.segments) == (None, None, 2.5, [])


def test_some_are_not_listed_and_nobody_twice() -> None:
    moved, refused = customer("moved", random.Random(3)), customer("refused", random.Random(3))
    moved.facts.moved_to = "ada"
    refused.facts = fold(refused.facts, [touch(59, consent=(Purpose.PROFILING,))])
    spender = Profile("ads", fold(Facts(), [touch(1, None)]))
    ada = customer("ada", random.Random(4))
    _, rows = kept([moved, refused, Profile("nobody"), ada, ada], 1)
    assert set(rows) == {"ada"}
    # Who is only known is last, and listed all the same.
    assert set(kept([spender, ada], 5)[1]) == {"ads", "ada"}


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
