"""What a team does with an alert: noted with the alert, and among the customer's touchpoints."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from schemas.handling import HANDLED, AlertStanding, Handled
from schemas.settings import Settings
from streams.clock import Clock
from streams.producer import Producer, Record
from streams.store.alerts import AlertStore
from streams.topics import TOUCHPOINTS

_ANONYMOUS = "anon:"


async def handle(
    store: AlertStore, producer: Producer, settings: Settings, alert: str, handled: Handled
) -> AlertStanding | None:
    """Do something with the alert of this id; how it stands now, or none if it is too old, or was never there.

    Raises:
        redis.exceptions.RedisError, NotAcknowledgedError: if one of them is away; then it is to be done again.
    """
    now = datetime.now(UTC)
    standing = await store.handle(alert, handled, now)
    if standing is not None and standing.alert.customer:
        topic = settings.topic(TOUCHPOINTS)
        # In a demonstration another time than that of the wall, in which it would lie in the future and be refused.
        dated = datetime.fromtimestamp(Clock(settings).now(), UTC)
        key, value = standing.alert.customer.encode(), _touchpoint(standing, handled, dated)
        await producer.publish([Record(topic, key, value, round(dated.timestamp() * 1000))])
    return standing


def _touchpoint(standing: AlertStanding, handled: Handled, now: datetime) -> bytes:
    alert = standing.alert
    who: Mapping[str, str] = {"userId": alert.customer}
    if alert.customer.startswith(_ANONYMOUS):
        who = {"anonymousId": alert.customer.removeprefix(_ANONYMOUS)}
    said = handled.model_dump(mode="json", exclude_none=True, exclude={"action"}, exclude_defaults=True)
    event = {
        "type": "track",
        "event": HANDLED[handled.action],
        **who,
        "messageId": uuid4().hex,
        "timestamp": now.isoformat(),
        "properties": {"alert": alert.id, "kind": alert.kind, **said},
    }
    return json.dumps(event).encode()
