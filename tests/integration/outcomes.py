"""Outcomes of a world that may change, and what a learner has made of them, to be compared."""

import io
import pickle
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from processors.features import NAMES
from processors.learning.learner import Learner
from processors.models import MEMBERS
from schemas.outcome import Outcome

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_RISK, _RISK_LATER = 0.2, 0.8


def outcomes(count: int, change: int | None = None) -> list[Outcome]:
    """The same outcomes every time, as they are read from `outcomes`. From number `change` on, customers leave at four
    times the rate that they were predicted to, and did before."""
    chance, made = random.Random(4), list[Outcome]()
    for number in range(count):
        risk = _RISK if change is None or number < change else _RISK_LATER
        at = _BEGIN + timedelta(hours=number)
        outcome = Outcome(
            id=f"outcome {number}", customer="ada", made_at=at, due_at=at + timedelta(days=30),
            features={name: round(abs(chance.gauss()), 4) for name in NAMES},
            predicted_churn=_RISK, members=dict.fromkeys(MEMBERS, _RISK), base_rate=_RISK, model=1,
            predicted_engagement=1.0, expected_low=0.0, expected_high=3.0, engaged=chance.randrange(4),
            revenue=round(20 * chance.random(), 2), currency="EUR", churned=chance.random() < risk,
        )  # fmt: skip
        made.append(Outcome.model_validate_json(outcome.model_dump_json()))
    return made


def taught(those: Iterable[Outcome]) -> Learner:
    """A learner that nothing disturbs."""
    learner = Learner()
    for each in those:
        learner.learn(each)
    return learner


class _Plain(pickle.Pickler):
    def reducer_override(self, held: object) -> object:
        # River's normal distributions could be sampled from, which nobody does; where that would begin is no knowledge.
        return (str, ()) if isinstance(held, random.Random) else NotImplemented


def knowledge(learner: Learner) -> bytes:
    """All that a learner knows, to the last bit of every number.

    Left out is its version, which counts publications: how many there are between two outcomes is a matter of the
    clock. Which equal strings are one object is left out, too (`fast`): a learner that was saved and read has its own.
    """
    version, learner.version = learner.version, 0
    written = io.BytesIO()
    pickler = _Plain(written, protocol=5)
    pickler.fast = True
    pickler.dump(learner)
    learner.version = version
    return written.getvalue()
