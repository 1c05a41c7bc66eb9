"""The words of rules and segments: what they are taken from, and that the documents list them."""

from pathlib import Path

import pytest

from processors.expressions import ExpressionError, Value, compile
from processors.fold import fold
from processors.vocabulary import OF_CUSTOMER, OF_RULES, Asked
from schemas.facts import Facts
from schemas.judgements import Mood, Scores
from schemas.kinds import Kind
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
TOUCHES = [
    touch(0, Kind.DISCOVER, traits={"plan": "pro", "seats": 3}),
    touch(1, Kind.PURCHASE, amount=40.0, currency="EUR", channel="web"),
    touch(2, Kind.PURCHASE, amount=60.5, currency="EUR"),
    touch(2, Kind.SERVICE),
    touch(3, Kind.SERVICE),
    touch(3, Kind.FEEDBACK, rating=0.25),
]
FACTS = fold(Facts(), TOUCHES)
SCORES = Scores(day(4), churn=0.3, engagement=2.5, usual=1.5, value=80.0, model=3)


def taken(name: str, scores: Scores | None = SCORES, facts: Facts = FACTS, at: Touch | None = None) -> Value:
    word = OF_RULES.find(name)
    assert word is not None
    return word.take(Asked(facts, scores, day(5), POLICY, at))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recency", 2.0),
        ("tenure_days", 5.0),
        ("active_days", 4),
        ("touchpoints", 6),
        ("orders", 2),
        ("revenue", 100.5),
        ("currency", "EUR"),
        ("rating", 0.25),
        ("status", "active"),
        ("churn_risk", 0.3),
        ("engagement", 2.5),
        ("usual_engagement", 1.5),
        ("value_next", 80.0),
        ("warming_up", False),
        ("count.purchase", 2),
        ("count.leave", 0),
        ("traits.plan", "pro"),
        ("traits.seats", 3),
        ("traits.age", None),
        ("lately.service", 1.9),  # 2^(-3/30) + 2^(-2/30)
        ("lately.leave", 0.0),
        ("activity.week", 4.4),  # 2^(-5/7) + 2^(-4/7) + 2 x 2^(-3/7) + 2 x 2^(-2/7)
        ("activity.quarter", 5.9),
    ],
)
def test_a_word_of_the_customer(name: str, value: Value) -> None:
    assert taken(name) == value
    assert OF_CUSTOMER.find(name) is not None


def test_words_of_the_touchpoint_at_hand() -> None:
    found = {
        name: taken(f"touch.{name}", at=TOUCHES[1])
        for name in ("name", "kind", "amount", "currency", "channel", "rating")
    }
    assert found == {
        "name": "purchase happened",
        "kind": "purchase",
        "amount": 40.0,
        "currency": "EUR",
        "channel": "web",
        "rating": None,
    }
    assert taken("touch.currency", at=TOUCHES[0]) is None
    assert taken("touch.name") is None


def test_scores_are_unknown_while_the_models_warm_up_and_without_any() -> None:
    cold = Scores(day(4), churn=0.5, engagement=1.0, usual=1.0, warming_up=True)
    assert [taken(name, cold) for name in ("churn_risk", "value_next", "warming_up")] == [None, None, True]
    assert [taken(name, None) for name in ("churn_risk", "usual_engagement", "warming_up")] == [None, None, None]


def test_of_somebody_just_heard_of_little_is_known() -> None:
    facts = fold(Facts(), [touch(5, None)])
    unknown = ("recency", "currency", "rating", "traits.plan")
    assert [taken(name, None, facts) for name in unknown] == [None] * len(unknown)
    assert [taken(name, None, facts) for name in ("revenue", "orders", "activity.month")] == [0.0, 0, 0.0]
    assert taken("status", None, facts) == "known"


def test_how_a_customer_sounds_is_unknown_until_something_can_be_told() -> None:
    def sounds(mood: Mood | None) -> list[Value]:
        asked = Asked(FACTS, None, day(5), POLICY, mood=mood)
        return [OF_CUSTOMER.words[name].take(asked) for name in ("sentiment", "last_sentiment", "texts")]

    assert sounds(Mood("negative", day(4), 3, -1.2, 2.0)) == [-0.6, "negative", 3]
    # Of the last one nothing can be told, of those before it something.
    assert sounds(Mood("unknown", day(4), 3, -1.2, 2.0)) == [-0.6, None, 3]
    assert sounds(Mood("unknown", day(4))) == [None, None, 0]
    assert sounds(None) == [None, None, 0]


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(ExpressionError, match="did you mean 'purchase'"):
        compile("touch.kind == 'purchas'", OF_RULES)
    with pytest.raises(ExpressionError, match="did you mean 'negative'"):
        compile("last_sentiment == 'negativ'", OF_RULES)


def test_the_touchpoint_is_no_word_of_a_customer() -> None:
    with pytest.raises(ExpressionError, match=r"there is no name touch\.kind"):
        compile("touch.kind == 'purchase'", OF_CUSTOMER)


def test_the_document_lists_every_word_with_its_meaning() -> None:
    text = DOCUMENT.read_text()
    missing = []
    for name, word in OF_RULES.words.items():
        family, _, member = name.partition(".")
        if member in set(Kind):
            name, means = f"{family}.KIND", word.means.replace(f"kind `{member}`", "that kind")
        else:
            means = word.means
        row = f"| `{name}` | {word.type.value} | {means}"
        if row not in text:
            missing.append(row)
    assert sorted(set(missing)) == []
    assert all(f"| `{family}.NAME` |" in text for family in OF_RULES.families)
    assert all(f"`{each}`" in text for word in OF_RULES.words.values() for each in word.among)
