"""Expressions mean what Python means by them, say nothing of what is unknown, and tell mistakes with their place."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.expressions import ExpressionError, Type, Value, Vocabulary, Word, compile

Values = dict[str, Value]


def taken(name: str) -> Callable[[Values], Value]:
    return lambda values: values.get(name)


VOCABULARY: Vocabulary[Values] = Vocabulary(
    {
        **{name: Word(Type.NUMBER, "", taken(name)) for name in ("risk", "orders", "count.purchase")},
        "plan": Word(Type.TEXT, "", taken("plan")),
        "status": Word(Type.TEXT, "", taken("status"), ("active", "lost")),
        "warm": Word(Type.TRUTH, "", taken("warm")),
    },
    {"traits": lambda member: Word(Type.ANY, "", taken(f"traits.{member}"))},
)


def holds(text: str, **values: Value) -> bool:
    return compile(text, VOCABULARY).holds({name.replace("__", "."): value for name, value in values.items()})


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile(text, VOCABULARY)
    return caught.value


class Meant:
    """An expression as text, and what it should come to: a value, or none where that is unknown (Kleene, 1938)."""

    def __init__(self, text: str, value: Callable[[Values], Value]) -> None:
        self.text, self.value = text, value

    def __repr__(self) -> str:
        return self.text


def calculated(left: Meant, op: str, right: Meant) -> Meant:
    def value(values: Values) -> Value:
        one, other = left.value(values), right.value(values)
        if one is None or other is None or (op == "/" and other == 0):
            return None
        return eval(f"one {op} other", {}, {"one": one, "other": other})

    return Meant(f"({left.text} {op} {right.text})", value)


def compared(left: Meant, op: str, right: Meant) -> Meant:
    def value(values: Values) -> Value:
        one, other = left.value(values), right.value(values)
        return None if one is None or other is None else eval(f"one {op} other", {}, {"one": one, "other": other})

    return Meant(f"{left.text} {op} {right.text}", value)


def joined(op: str, parts: list[Meant]) -> Meant:
    decides = op == "or"

    def value(values: Values) -> Value:
        found = [part.value(values) for part in parts]
        return decides if decides in found else None if None in found else not decides

    return Meant("(" + f" {op} ".join(part.text for part in parts) + ")", value)


def turned(part: Meant) -> Meant:
    def value(values: Values) -> Value:
        found = part.value(values)
        return None if found is None else not found

    return Meant(f"not ({part.text})", value)


WORDS = st.sampled_from(["risk", "orders", "count.purchase"]).map(lambda name: Meant(name, taken(name)))
LITERALS = st.integers(0, 5).map(lambda number: Meant(str(number), lambda _: number))
NUMBERS = st.recursive(
    WORDS | LITERALS,
    lambda inner: st.builds(calculated, inner, st.sampled_from("+-*/"), inner),
    max_leaves=4,
)
COMPARED = st.builds(compared, NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS)
WITHIN = st.builds(
    lambda op, among: compared(Meant("plan", taken("plan")), op, Meant(repr(tuple(among)), lambda _: tuple(among))),
    st.sampled_from(["in", "not in"]),
    st.lists(st.sampled_from(["pro", "team"]), min_size=2, max_size=3),
)
TRUTHS = st.recursive(
    COMPARED | WITHIN | st.just(Meant("warm", taken("warm"))),
    lambda inner: (
        st.builds(joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3))
        | st.builds(turned, inner)
    ),
    max_leaves=6,
)
NUMBER = st.none() | st.integers(0, 5) | st.sampled_from([0.5, 2.5])
VALUES = st.fixed_dictionaries(
    {
        "risk": NUMBER,
        "orders": NUMBER,
        "count.purchase": NUMBER,
        "plan": st.sampled_from([None, "pro", "free"]),
        "warm": st.sampled_from([None, True, False]),
    }
)


@given(TRUTHS, VALUES)
def test_an_expression_holds_where_it_is_known_to_be_true(meant: Meant, values: Values) -> None:
    assert compile(meant.text, VOCABULARY).holds(values) is (meant.value(values) is True)


@given(TRUTHS, VALUES.filter(lambda values: None not in values.values()))
def test_with_all_values_known_it_is_what_python_makes_of_it(meant: Meant, values: Values) -> None:
    text = meant.text.replace("count.purchase", "count_purchase")
    names = {name.replace(".", "_"): value for name, value in values.items()}
    try:
        expected = bool(eval(text, {}, names))
    except ZeroDivisionError:
        return
    assert compile(meant.text, VOCABULARY).holds(values) is expected


def test_what_is_unknown_is_neither_so_nor_not_so() -> None:
    assert not holds("risk > 0.5")
    assert not holds("not risk > 0.5")
    assert not holds("plan != 'pro'")
    assert not holds("not traits.vip")
    assert holds("risk is none and orders is not none", orders=1)
    assert holds("risk > 0.5 or orders > 1", orders=2)


def test_a_trait_that_is_something_else_than_expected_compares_with_nothing() -> None:
    assert holds("traits.seats >= 5", traits__seats=7)
    assert not holds("traits.seats >= 5", traits__seats="seven")
    assert not holds("not traits.seats >= 5", traits__seats="seven")
    assert not holds("traits.seats * 2 >= 5", traits__seats="seven")
    assert holds("traits.vip", traits__vip=True)
    assert holds("traits['the plan'] == 'pro'", **{"traits.the plan": "pro"})


def test_text_is_looked_for_in_text_and_ranges_are_chained() -> None:
    assert holds("'ro' in plan", plan="pro")
    assert not holds("'x' in plan", plan="pro")
    assert holds("1 < orders <= 3", orders=3)
    assert holds("not 1 < orders <= 3", orders=4)


def test_only_words_that_decide_are_taken() -> None:
    asked: list[str] = []

    def noting(name: str, value: float) -> Word[Values]:
        return Word(Type.NUMBER, "", lambda _: asked.append(name) or value)  # type: ignore[func-returns-value]

    vocabulary: Vocabulary[Values] = Vocabulary({"cheap": noting("cheap", 0.0), "dear": noting("dear", 1.0)})
    expression = compile("cheap > 1 and dear > 0", vocabulary)
    assert not expression.holds({})
    assert asked == ["cheap"]
    assert set(expression.words) == {"cheap", "dear"}


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("risk >", 6, "missing at the end"),
        ("  risk > 1 and (orders", 15, "never closed"),
        ("rsk > 0.7", 0, "did you mean risk?"),
        ("risk > 0.5 and\n  ordrs > 1", 17, "did you mean orders?"),
        ("count.purchas > 1", 0, "did you mean count.purchase?"),
        ("count > 1", 0, "write count.purchase"),
        ("traits > 1", 0, "write traits.NAME"),
        ("'ä' != plan and ordrs > 1", 16, "did you mean orders?"),
        ("risk > 'x'", 7, "> compares numbers, and this is text"),
        ("plan > 3", 0, "> compares numbers, and this is text"),
        ("plan == 3", 8, "this is a number, and is compared with text"),
        ("status == 'actve'", 10, "did you mean 'active'?"),
        ("status in ('lost', 'gone')", 19, "it is one of active, lost"),
        ("orders", 0, "where something true or false is needed"),
        ("orders + plan > 1", 9, "+ calculates with numbers"),
        ("risk = 1", 5, "by `==`"),
        ("risk > 1 && orders > 2", 9, "write `and`"),
        ("risk > 1 OR orders > 2", 9, "small letters"),
        ("orders > 30d", 9, "no unit"),
        ("risk == none", 8, "write NAME is none"),
        ("risk is 3", 0, "write NAME is none"),
        ("risk in (orders, 1)", 9, "numbers or text only"),
        ("", 0, "empty"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text: str, place: int, said: str) -> None:
    error = refusal(text)
    assert (error.position, said in error.message) == (place, True), error


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "plan.__class__ == 1",
        "traits.x.__class__()",
        "[each for each in (1, 2)] == 1",
        "(lambda: 1)() == 1",
        "(risk := 2) > 1",
        "f'{plan}' == 'x'",
        "risk ** 999999999 > 1",
        "'x' * 999999999 == plan",
        "plan[0] == 'p'",
        "1 if risk > 1 else 0",
        "-" * 1500 + "risk > 1",
        "(" * 500 + "risk",
        "not " * 600 + "warm",
        "risk > 1 # " + "x" * 3000,
        "risk > 1; orders > 2",
        "risk > 1\x00",
    ],
)
def test_nothing_else_of_python_gets_in(text: str) -> None:
    refusal(text)


def test_the_error_shows_the_line_with_a_caret() -> None:
    assert str(refusal("risk > 0.5 and\n  ordrs > 1")).split("\n")[1:] == ["      ordrs > 1", "      ^"]
