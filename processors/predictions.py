"""Predictions that wait: made on a customer's own grid, settled when their horizon has passed, never earlier.

Releasing "came back" as soon as it is seen, and "stayed away" only at the end, would teach a model that nobody
leaves; so both wait. And the grid is the clock's, not the customer's touches, so that the examples also show silence.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from math import floor
from zlib import crc32

import msgspec

from processors.dimensions import dimensions_of
from processors.features import NAMES, as_dict
from processors.models import MEMBERS
from schemas.facts import Facts
from schemas.judgements import Prediction
from schemas.kinds import MEANINGFUL
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.touch import Touch

MAX_PENDING = 10


def next_on_grid(customer: str, after: float, policy: Policy) -> float:
    """The customer's next time of prediction strictly after `after`; customers are spread evenly over the grid."""
    # A profile has room for so many that wait; a long horizon is predicted less often rather than with gaps.
    # Whole seconds and milliseconds, so that what is on the grid stays on it when times are rounded.
    every = max(policy.seconds.predict_every, float(round(policy.seconds.horizon / (MAX_PENDING - 0.5))))
    phase = round(crc32(customer.encode()) / 2**32 * every, 3)
    at = round((floor((after - phase) / every) + 1) * every + phase, 3)
    # Rounding may have gone back to `after`, or before it.
    return at if at > after else round(at + every, 3)


def witness(pending: Sequence[Prediction], touches: Iterable[Touch], policy: Policy) -> Sequence[Prediction]:
    """The pending predictions, with the meaningful touches that fall into their time counted, and what was paid."""
    horizon, window = policy.seconds.horizon, policy.seconds.engagement_window
    meaningful = [touch for touch in touches if touch.kind in MEANINGFUL]
    if not meaningful:
        return pending
    after = []
    for prediction in pending:
        made, currency, revenue = prediction.made, prediction.currency, prediction.revenue
        within = [touch for touch in meaningful if made < touch.at <= made + horizon]
        for touch in within:
            if touch.amount is not None and currency in (None, touch.currency):
                # Whoever had never paid is measured in the currency of the first payment.
                currency, revenue = touch.currency, revenue + round(100.0 * touch.amount)
        after.append(
            msgspec.structs.replace(
                prediction,
                touches=prediction.touches + len(within),
                engaged=prediction.engaged + sum(touch.at <= made + window for touch in within),
                currency=currency,
                revenue=revenue,
            )
        )
    return after


def settle(
    customer: str, pending: Sequence[Prediction], facts: Facts, now: float, policy: Policy
) -> tuple[list[Prediction], list[Outcome]]:
    """Split what waits into what still waits and the outcomes that came due.

    An explicit leave settles everything at once: nothing that could happen later changes the answer.
    """
    horizon, left_at = policy.seconds.horizon, facts.left_at
    waiting, outcomes = [], []
    for prediction in pending:
        if len(prediction.features) != len(NAMES):
            continue  # Made by a release that saw other features: nothing can be learned from it.
        left = prediction.made < left_at <= prediction.made + horizon
        if left or now >= prediction.made + horizon:
            outcomes.append(_outcome(customer, prediction, facts, left, horizon))
        else:
            waiting.append(prediction)
    return waiting, outcomes


def _outcome(customer: str, prediction: Prediction, facts: Facts, left: bool, horizon: float) -> Outcome:
    name = f"{customer}\n{prediction.made:.3f}".encode()
    return Outcome(
        id=blake2b(name, digest_size=12).hexdigest(),
        customer=customer,
        made_at=datetime.fromtimestamp(prediction.made, UTC),
        due_at=datetime.fromtimestamp(prediction.made + horizon, UTC),
        settled_at=datetime.fromtimestamp(facts.left_at if left else prediction.made + horizon, UTC),
        features=as_dict([value / 1000.0 for value in prediction.features]),
        predicted_churn=prediction.churn / 10_000.0,
        members=dict(zip(MEMBERS, (p / 10_000.0 for p in prediction.members), strict=False)),
        predicted_engagement=prediction.engagement / 1_000.0,
        expected_low=prediction.low / 1_000.0,
        expected_high=prediction.high / 1_000.0,
        predicted_value=None if prediction.value is None else prediction.value / 100.0,
        base_rate=prediction.base_rate / 10_000.0,
        model=prediction.model,
        churned=left or prediction.touches == 0,
        engaged=prediction.engaged,
        revenue=prediction.revenue / 100.0,
        currency=prediction.currency,
        spent=None if prediction.spent is None else prediction.spent / 100.0,
        dimensions=dimensions_of(facts, prediction.segment),
        pains=prediction.pains,
        left=left,
    )
