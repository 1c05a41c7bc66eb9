"""Pains: what went wrong lately, how often, and how long somebody waited; and what customers are told apart by."""

from processors.advance import advance
from processors.dimensions import dimensions_of
from processors.facets.pains import MAX_PAINS, pains_of
from processors.fold import fold
from processors.merging import merged
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch


def pain(at: float, name: str, kind: Kind = Kind.FRICTION) -> Touch:
    return Touch("ada", day(at), name, kind)


def pains(*touches: Touch, at: float) -> list[str]:
    return pains_of(fold(Facts(), touches), day(at))


def test_what_went_wrong_within_thirty_days() -> None:
    failed = [pain(n, "Payment Failed") for n in (0, 1, 20)]
    assert pains(*failed, at=20) == ["payment failed", "repeated payment failed"]
    assert pains(*failed, at=31) == ["payment failed"]
    assert pains(*failed, at=19) == ["payment failed"]
    assert pains(*failed, touch(30), at=60) == []


def test_who_waits_long_for_a_case_is_in_pain() -> None:
    opened, solved = pain(0, "Ticket Created", Kind.SERVICE), pain(5, "Ticket Solved", Kind.SERVICE)
    assert pains(opened, at=2) == ["ticket created"]
    assert pains(opened, at=4) == ["long wait", "ticket created"]
    assert pains(opened, solved, at=6) == ["long wait", "ticket created"]
    assert pains(opened, pain(1, "Ticket Solved", Kind.SERVICE), at=6) == ["ticket created"]


def test_it_is_bounded_and_merged() -> None:
    many = fold(Facts(), [pain(n, f"Error {'abcdefghijklmnop'[n]}") for n in range(12)])
    assert list(many.pains) == [f"error {letter}" for letter in "efghijkl"]
    assert len(many.pains) == MAX_PAINS
    one = fold(Facts(), [pain(0, "Ticket Created", Kind.SERVICE), pain(1, "Payment Failed")])
    two = fold(Facts(), [pain(2, "Payment Failed"), pain(3, "Payment Failed")])
    both = merged(one, two)
    assert pains_of(both, day(3.5)) == ["long wait", "payment failed", "repeated payment failed", "ticket created"]
    assert both.case_at == day(0)


def test_a_prediction_knows_what_had_gone_wrong_and_its_outcome_who_it_was() -> None:
    profile = advance(
        Profile("ada"), [touch(0, traits={"plan": "pro"}), pain(0.1, "Payment Failed")], day(0.1), FixedModels(), POLICY
    ).profile
    outcomes = []
    while profile.judgements.timer:
        step = advance(profile, [], profile.judgements.timer, FixedModels(), POLICY)
        profile, outcomes = step.profile, [*outcomes, *step.outcomes]
    assert outcomes[0].pains == ["payment failed"]
    assert outcomes[0].dimensions == dimensions_of(profile.facts, "") == {
        "channel": "server", "kind": "friction", "plan": "pro", "source": "none", "campaign": "none", "segment": "none",
    }  # fmt: skip
    assert outcomes[0].settled_at == outcomes[0].due_at
    names = ("channel", "kind", "plan", "source", "campaign", "segment")
    assert dimensions_of(Facts(), "") == dict.fromkeys(names, "none")
