"""Predictions that wait: made on a customer's own grid, settled when their horizon has passed, never earlier.

Releasing "came back" as soon as it is seen, and "stayed away" only at the end, would teach a model that nobody
leaves; so both wait. And the grid is the clock's, not the customer's touches, so that the examples also show silence.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from math import floor
from zlib import crc32

import msgspec

from processors.features import as_dict
from schemas.kinds import MEANINGFUL
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.profile import Prediction
from schemas.touch import Touch

MAX_PENDING = 8


def next_on_grid(customer: str, after: float, policy: Policy) -> float:
    """The customer's next time of prediction strictly after `after`; customers are spread evenly over the grid."""
    every = policy.seconds.predict_every
    phase = crc32(customer.encode()) / 2**32 * every
    at = round((floor((after - phase) / every) + 1) * every + phase, 3)
    # Rounding may have gone back to `after`, or before it.
    return at if at > after else round(at + every, 3)


def witness(pending: list[Prediction], touches: Iterable[Touch], policy: Policy) -> list[Prediction]:
    """The pending predictions, with the meaningful touches that fall into their time counted."""
    if not pending:
        return pending
    horizon, window = policy.seconds.horizon, policy.seconds.engagement_window
    times = [touch.at for touch in touches if touch.kind in MEANINGFUL]
    if not times:
        return pending
    return [
        msgspec.structs.replace(
            prediction,
            touches=prediction.touches + sum(prediction.made < at <= prediction.made + horizon for at in times),
            engaged=prediction.engaged + sum(prediction.made < at <= prediction.made + window for at in times),
        )
        for prediction in pending
    ]


def settle(
    customer: str, pending: list[Prediction], left_at: float, now: float, policy: Policy
) -> tuple[list[Prediction], list[Outcome]]:
    """Split what waits into what still waits and the outcomes that came due.

    An explicit leave settles everything at once: nothing that could happen later changes the answer.
    """
    if not pending:
        return pending, []
    horizon = policy.seconds.horizon
    waiting, outcomes = [], []
    for prediction in pending:
        left = prediction.made < left_at <= prediction.made + horizon
        if left or now >= prediction.made + horizon:
            outcomes.append(_outcome(customer, prediction, left, horizon))
        else:
            waiting.append(prediction)
    return waiting, outcomes


def _outcome(customer: str, prediction: Prediction, left: bool, horizon: float) -> Outcome:
    name = f"{customer}\n{prediction.made:.3f}".encode()
    return Outcome(
        id=blake2b(name, digest_size=12).hexdigest(),
        customer=customer,
        made_at=datetime.fromtimestamp(prediction.made, UTC),
        due_at=datetime.fromtimestamp(prediction.made + horizon, UTC),
        features=as_dict([value / 1000.0 for value in prediction.features]),
        predicted_churn=prediction.churn,
        predicted_engagement=prediction.engagement,
        base_rate=prediction.base_rate,
        model=prediction.model,
        churned=left or prediction.touches == 0,
        engaged=prediction.engaged,
        left=left,
    )
