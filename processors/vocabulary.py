"""The words of rules and segments: what can be said of a customer and of the touchpoint at hand, and what it means.

Days and counts are plain numbers. Windows are decayed counts: what happened just now counts 1, and half as much when
the half-life has passed. They are rounded to a tenth, so that two of a kind within two days are 2. docs/rules.md lists
all words.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import get_args

import msgspec

from processors.decay import DAY, HALF_LIVES, LONG, MIDDLE, SHORT, factors
from processors.expressions import Type, Value, Vocabulary, Word
from processors.features import main_currency
from processors.lifecycle import Status, status
from processors.particulars import CHANNELS
from schemas.facts import Facts
from schemas.judgements import Label, Memberships, Mood, Place, Scores
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.segments import RfmName, Stage
from schemas.touch import Touch


class Asked(msgspec.Struct, gc=False):
    """Who an expression is asked of: what is known at `now` (epoch seconds), the touchpoint at hand, where the customer
    stands and how they sound."""

    facts: Facts
    scores: Scores | None
    now: float
    policy: Policy
    touch: Touch | None = None
    segments: Memberships | None = None
    mood: Mood | None = None


_NUMBER, _TEXT, _TRUTH = Type.NUMBER, Type.TEXT, Type.TRUTH
_KINDS = tuple(kind.value for kind in Kind)
_SOUNDS = tuple(label for label in get_args(Label) if label != "unknown")
_WINDOWS = {"week": SHORT, "month": MIDDLE, "quarter": LONG}


def _since(at: float, now: float) -> float | None:
    return max(0.0, now - at) / DAY if at else None


def _lately(kind: str, asked: Asked) -> float:
    held = asked.facts.kind_rates.get(kind, 0.0)
    return held and _faded(held, MIDDLE, asked)


def _activity(window: int, asked: Asked) -> float:
    return _faded(asked.facts.rates[window], window, asked) if asked.facts.rates else 0.0


def _faded(held: float, window: int, asked: Asked) -> float:
    return round(held * factors(max(0.0, asked.now - asked.facts.rates_at))[window], 1)


def _revenue(asked: Asked) -> float:
    currency = main_currency(asked.facts)
    return 0.0 if currency is None else asked.facts.money[currency].revenue


def _sounds(asked: Asked) -> Value:
    label = asked.mood.label if asked.mood is not None else None
    return label if label in _SOUNDS else None


def _score(name: str, means: str) -> Word[Asked]:
    """What the models said last; unknown while they warm up, and of a customer who is not scored."""

    def take(asked: Asked) -> Value:
        scores = asked.scores
        return None if scores is None or scores.warming_up else getattr(scores, name)

    return Word(_NUMBER, means, take, scored=True)


def _touched(type_: Type, means: str, name: str, among: tuple[str, ...] = ()) -> Word[Asked]:
    return Word(type_, means, lambda asked: getattr(asked.touch, name, None), among)


def _stands(means: str, place: Callable[[Memberships], Place | None], among: tuple[str, ...] = ()) -> Word[Asked]:
    def take(asked: Asked) -> Value:
        found = place(asked.segments) if asked.segments is not None else None
        return found.name if found is not None else None

    return Word(_TEXT, means, take, among)


def _trait(name: str) -> Word[Asked]:
    return Word(Type.ANY, "a trait, as it was told last", lambda asked: asked.facts.traits.get(name))


def _of_kinds(family: str, means: str, take: Callable[[str, Asked], Value]) -> dict[str, Word[Asked]]:
    return {f"{family}.{kind}": Word(_NUMBER, means.format(kind), partial(take, kind)) for kind in _KINDS}


def _count(kind: str, asked: Asked) -> float:
    return asked.facts.kinds.get(kind, 0)


OF_CUSTOMER: Vocabulary[Asked] = Vocabulary(
    {
        "recency": Word(
            _NUMBER, "days since the last meaningful touchpoint", lambda a: _since(a.facts.last_meaningful, a.now)
        ),
        "tenure_days": Word(_NUMBER, "days since the first touchpoint", lambda a: _since(a.facts.first_seen, a.now)),
        "active_days": Word(_NUMBER, "days with a meaningful touchpoint", lambda a: a.facts.days),
        "touchpoints": Word(_NUMBER, "touchpoints of all kinds, and of none", lambda a: a.facts.touchpoints),
        "orders": Word(
            _NUMBER, "orders in all currencies", lambda a: sum(money.orders for money in a.facts.money.values())
        ),
        "revenue": Word(_NUMBER, "paid so far in `currency`", _revenue),
        "currency": Word(_TEXT, "the currency in which most was paid lately", lambda a: main_currency(a.facts)),
        "rating": Word(_NUMBER, "the last survey answer, from 0 (worst) to 1 (best)", lambda a: a.facts.rating),
        "sentiment": Word(
            _NUMBER,
            "how their texts sound, from -1 (all complaints) to 1 (all praise), half the weight after 30 days",
            lambda a: a.mood.score if a.mood is not None else None,
        ),
        "last_sentiment": Word(_TEXT, "how the last text sounds", _sounds, _SOUNDS),
        "texts": Word(_NUMBER, "texts of which it could be told", lambda a: a.mood.texts if a.mood is not None else 0),
        "status": Word(
            _TEXT, "where the customer stands", lambda a: status(a.facts, a.now, a.policy), get_args(Status)
        ),
        "lifecycle": _stands("stage of the lifecycle", lambda s: s.lifecycle, get_args(Stage)),
        "rfm": _stands("segment by recency, frequency and money", lambda s: s.rfm, get_args(RfmName)),
        "cluster": _stands("those whom the customer behaves like", lambda s: s.cluster),
        "churn_risk": _score("churn", "probability of no meaningful touchpoint within the horizon"),
        "engagement": _score("engagement", "meaningful touchpoints expected within the engagement window"),
        "usual_engagement": Word(
            _NUMBER, "the customer's usual number of them", lambda a: a.scores.usual if a.scores else None
        ),
        "value_next": _score("value", "revenue expected within the horizon, in `currency`"),
        "lifetime_value": _score("lifetime", "margin on what is still to come, discounted, in `currency`"),
        "warming_up": Word(
            _TRUTH, "the models have not seen enough yet", lambda a: a.scores.warming_up if a.scores else None
        ),
        **{
            f"activity.{name}": Word(
                _NUMBER,
                f"meaningful touchpoints lately: each counts 1, and half after {HALF_LIVES[window]:.0f} days",
                partial(_activity, window),
            )
            for name, window in _WINDOWS.items()
        },
        **_of_kinds("count", "touchpoints of kind `{}` so far", _count),
        **_of_kinds("lately", "touchpoints of kind `{}` lately: each counts 1, and half after 30 days", _lately),
    },
    {"traits": _trait},
)
"""What can be said of a customer: for segments, and for rules."""

OF_TOUCH: Vocabulary[Asked] = Vocabulary(
    {
        "touch.name": _touched(_TEXT, "name of the event, page or screen", "name"),
        "touch.kind": _touched(_TEXT, "what it means", "kind", _KINDS),
        "touch.amount": _touched(_NUMBER, "what an order came to, in `touch.currency`", "amount"),
        "touch.currency": Word(
            _TEXT, "its currency", lambda a: (a.touch.currency or None) if a.touch is not None else None
        ),
        "touch.channel": _touched(_TEXT, "where the customer was met", "channel", tuple(sorted(CHANNELS))),
        "touch.rating": _touched(_NUMBER, "a survey answer, from 0 (worst) to 1 (best)", "rating"),
    }
)
"""What can be said of the touchpoint at hand."""


def of_segments(names: Iterable[str]) -> Vocabulary[Asked]:
    """What can be said of the user's own segments, of these names."""

    def inside(name: str, asked: Asked) -> Value:
        return asked.segments is not None and asked.segments.own.get(name, -1.0) >= 0.0

    means = "whether the customer stands in that segment of yours"
    return Vocabulary({f"segments.{name}": Word(_TRUTH, means, partial(inside, name)) for name in names})


OF_RULES = OF_CUSTOMER | OF_TOUCH
"""What can be said in a rule."""
