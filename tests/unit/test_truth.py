"""The comparison of alerts with the truth, on lives small enough to count by hand."""

from array import array
from datetime import timedelta

import pytest

from schemas.alert import AlertKind
from schemas.policy import Policy
from streams.demo.shopper import DAY, Life
from streams.demo.truth import Comparison, Share, Turn, compare

POLICY = Policy(horizon=timedelta(days=10), activity=timedelta(days=30), engagement_window=timedelta(days=7))
UNTIL = 100 * DAY


def life(
    customer: str,
    visits: list[float],
    died: float | None = None,
    left: bool = False,
    warm: list[tuple[float, float]] | None = None,
) -> Life:
    """A life told in days."""
    return Life(
        customer,
        0.0,
        None if died is None else died * DAY,
        left,
        [(begin * DAY, end * DAY) for begin, end in warm or []],
        array("d", [day * DAY for day in visits]),
    )


def churn(customer: str, day: float, state: str = "opened", episode: int = 1) -> Turn:
    return Turn(customer, AlertKind.CHURN_RISK, episode, state, day * DAY)  # type: ignore[arg-type]


def rising(customer: str, day: float) -> Turn:
    return Turn(customer, AlertKind.ENGAGEMENT_RISING, 1, "opened", day * DAY)


def judge(turns: list[Turn], lives: list[Life], since: float = 0.0) -> Comparison:
    return compare(turns, lives, POLICY, since * DAY, UNTIL)


def test_an_alert_is_right_when_the_customer_is_gone_or_goes_within_the_horizon() -> None:
    lives = [
        life("gone", [20], died=30),
        life("going", [20, 39], died=48),
        life("later", [20, 39, 55], died=60),
        life("faithful", [20, 39, 60]),
    ]
    said = judge([churn(one.customer, 40) for one in lives], lives)
    assert said.churn == Share(2, 4)
    assert said.churn.value == 0.5
    assert said.churn_base == Share(8, 16)


def test_the_base_is_of_active_customers_only() -> None:
    lives = [
        life("alerted", [35], died=36),
        life("active", [30, 39]),
        life("lost long ago", [5], died=6),
        life("said goodbye", [38], died=39, left=True),
        life("not there yet", [41], died=45),
    ]
    said = judge([churn("alerted", 40)], lives)
    assert said.churn == Share(1, 1)
    assert said.churn_base == Share(1, 2)


def test_what_had_no_time_to_show_is_not_counted() -> None:
    lives = [life("a", [85, 94]), life("b", [85], died=95)]
    said = judge([churn("a", 95), churn("b", 96), churn("b", 101, episode=2)], lives)
    assert said.churn.value is None
    assert said.alerted == Share(0, 0)
    assert said.delay_days is None


@pytest.mark.parametrize(
    ("turns", "delay"),
    [
        ([churn("x", 56)], 6.0),
        ([churn("x", 45)], -5.0),
        ([churn("x", 45), churn("x", 48, "closed"), churn("x", 60, episode=2)], -5.0),
        ([churn("x", 20), churn("x", 30, "closed"), churn("x", 57, episode=2)], 7.0),
        ([churn("x", 20)], -30.0),
        ([churn("x", 20), churn("x", 30, "closed")], None),
        ([rising("x", 50)], None),
    ],
    ids=["after", "before", "first of two", "an old one closed long before", "still open", "only an old one", "other"],
)
def test_when_a_silent_goodbye_was_noticed(turns: list[Turn], delay: float | None) -> None:
    said = judge(turns, [life("x", [10, 49], died=50)])
    assert said.alerted == Share(delay is not None, 1)
    assert said.delay_days == delay


def test_only_silent_goodbyes_while_the_model_was_warm_count() -> None:
    lives = [
        life("too early", [10], died=20),
        life("too late", [90], died=92),
        life("said so", [49], died=50, left=True),
        life("never seen", [], died=50),
        life("counts", [49], died=50),
    ]
    assert judge([], lives, since=30).alerted == Share(0, 1)


def test_engagement_alerts_beside_the_share_of_warm_customers() -> None:
    lives = [life("warm", [40, 48], warm=[(45, 60)]), life("calm", [40, 48]), life("was warm", [40], warm=[(20, 50)])]
    said = judge([rising("warm", 50), rising("calm", 50)], lives)
    assert said.engagement == Share(1, 2)
    assert said.engagement_base == Share(2, 6)


def test_it_says_so_in_plain_words() -> None:
    lives = [life("gone", [20], died=30, warm=[(10, 25)]), life("faithful", [20, 39, 60])]
    assert judge([churn("gone", 40), rising("gone", 21)], lives).in_words() == [
        (
            "churn alerts",
            "100% of 1 were about customers who had gone for good or went within 10 days; "
            "of all active customers at those moments it was 50%",
        ),
        (
            "silent goodbyes",
            "of 1 customers who went without a word, 100% were alerted, the median 10 days after they did",
        ),
        (
            "engagement alerts",
            "100% of 1 came in a hidden phase of raised interest; 50% of all active customers were in one",
        ),
    ]


def test_it_has_words_for_nothing_too() -> None:
    assert dict(judge([], []).in_words()) == {
        "churn alerts": "none has had its 10 days to come true yet",
        "silent goodbyes": "nobody whom a warm model could have noticed",
        "engagement alerts": "none",
    }
