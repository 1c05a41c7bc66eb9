"""The census says how all customers stand, counts nobody twice, and is the same in whatever order they come."""

from collections.abc import Sequence

import pytest

from processors.alerts import decide
from processors.census import MOST_CURRENCIES, Census
from processors.features import NAMES
from processors.fold import fold
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.judgements import Episode, Judgements, Scores
from schemas.kinds import Kind
from schemas.profile import Profile
from tests.unit.making import POLICY, FixedModels, day, touch

NOW = day(60)


def bought(currency: str = "EUR", last: int = 59) -> Facts:
    days = range(last - 55, last + 1, 5)
    return fold(Facts(), [touch(n, Kind.PURCHASE, amount=100.0, currency=currency) for n in days])


def customer(facts: Facts, churn: float | None = 0.1, engagement: float = 1.0, **more: object) -> Profile:
    scores = None if churn is None else Scores(NOW, churn, engagement, usual=1.0, **more)  # type: ignore[arg-type]
    return Profile("ada", facts, Judgements(scores=scores))


def counted(*profiles: Profile) -> Census:
    census = Census(POLICY)
    for profile in profiles:
        census.add(profile, NOW)
    return census


def shown(figures: dict[str, int]) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure}


def test_customers_stand_in_one_place_each() -> None:
    left = fold(Facts(), [touch(50, Kind.ENGAGE), touch(51, Kind.LEAVE)])
    known = fold(Facts(), [touch(50, None)])
    census = counted(*map(customer, (bought(), bought(), bought(last=20), left, known)))
    assert census.customers == {"known": 1, "active": 2, "left": 1, "lost": 1}
    assert sum(census.active.values()) == 2


def test_a_key_that_has_moved_is_no_customer_of_its_own() -> None:
    moved = bought()
    moved.moved_to = "ada"
    census = counted(customer(moved, churn=0.9))
    assert shown(census.customers) == shown(census.active) == {}
    assert census.value_at_risk == {}


@pytest.mark.parametrize(
    ("churn", "warming", "risk"),
    [
        (0.7, False, "high"),
        (0.6, False, "middling"),
        (0.49, False, "low"),
        (0.9, True, "unknown"),
        (None, False, "unknown"),
    ],
)
def test_risk_is_told_by_the_thresholds_of_the_policy(churn: float | None, warming: bool, risk: str) -> None:
    assert shown(counted(customer(bought(), churn, warming_up=warming)).active) == {risk: 1}


@pytest.mark.parametrize(
    ("expected", "words"), [(0.0, "under 1"), (1.0, "1 to 3"), (3.0, "3 to 10"), (9.9, "3 to 10"), (10.0, "10 or more")]
)
def test_engagement_is_told_in_four_words(expected: float, words: str) -> None:
    assert shown(counted(customer(bought(), engagement=expected)).engaged) == {words: 1}


def test_value_at_risk_is_what_alerts_say_is_at_stake() -> None:
    facts = bought()
    for value in (None, 50.0):
        scores = Scores(NOW, churn=0.8, engagement=1.0, usual=1.0, value=value, model=7)
        _, (alert,) = decide("ada", facts, scores, [1.5] * len(NAMES), 0.0, {}, NOW, FixedModels(0.8), POLICY)
        assert alert.at_stake is not None
        found = counted(Profile("ada", facts, Judgements(scores=scores))).value_at_risk
        assert found == {"EUR": pytest.approx(alert.at_stake.amount, abs=0.01)}


def test_only_what_is_at_risk_is_at_risk() -> None:
    assert counted(customer(bought(), 0.5, value=50.0), customer(bought(last=20), 0.9, value=50.0)).value_at_risk == {}


def test_currencies_stand_apart_and_are_bounded() -> None:
    codes = [f"A{letter}A" for letter in "ABCDEFGHIJKLMNOP"]
    profiles = [customer(bought(code), 0.9, value=100.0 + place) for place, code in enumerate(codes)]
    assert set(counted(*profiles).value_at_risk) == set(codes[-MOST_CURRENCIES:])
    assert counted(*profiles).value_at_risk == counted(*reversed(profiles)).value_at_risk


def test_open_alerts_are_counted_by_kind() -> None:
    def with_episodes(*episodes: tuple[str, Episode]) -> Profile:
        return Profile("ada", bought(), Judgements(episodes=dict(episodes)))

    opened, over, closed = Episode(1, opened_at=NOW), Episode(over_since=NOW), Episode(1, rests_until=NOW)
    profiles: Sequence[Profile] = [
        with_episodes((AlertKind.CHURN_RISK, opened), (AlertKind.ENGAGEMENT_RISING, over)),
        with_episodes((AlertKind.CHURN_RISK, opened)),
        with_episodes((AlertKind.CHURN_RISK, closed), (AlertKind.CUSTOMER_RETURNED, opened)),
        with_episodes(("rule:a", opened), ("rule:b", opened), ("rule:c", closed), ("segment:vip", opened)),
    ]
    census = counted(*profiles)
    assert shown(census.open_alerts) == {
        "churn.risk": 2,
        "customer.returned": 1,
        "rule.matched": 2,
        "segment.entered": 1,
    }
    assert set(census.open_alerts) == set(AlertKind) - {AlertKind.MODEL_DRIFT}
