"""From bytes to a touch: check, date and classify one record. The gateway and the worker read with the same eyes."""

from collections.abc import Mapping
from typing import Any

from processors.consent import ConsentRules
from processors.decoding import UnreadableError, decode
from processors.details import details_of
from processors.kinds import KindRules
from processors.measures import money_of, rating_of
from processors.particulars import aliases_of, channel_of, digest_of
from processors.shortcut import shortcut
from processors.sources import arrival
from schemas.kinds import Kind
from schemas.rejected import RejectionCode
from schemas.touch import Feed, Touch
from schemas.touchpoint import Touchpoint

FUTURE_TOLERANCE = 300.0
"""Seconds by which a client's clock may run ahead before its touchpoint is refused rather than dated now."""
MAX_TRAITS = 16
MAX_TRAIT_LENGTH = 120
MAX_TRAIT_BITS = 64
"""JSON knows no largest number; a profile does."""
_USUAL_CONSENT = ConsentRules()


def read(
    raw: bytes,
    received: float,
    rules: KindRules,
    partition: int = -1,
    offset: int = -1,
    feed: Feed | None = None,
    consent: ConsentRules = _USUAL_CONSENT,
) -> Touch:
    """Read one record of the touchpoints topic, by the short way if it will do.

    `received` is the record's own time in epoch seconds: a touchpoint is never dated after it, and it is the date of
    one that has none. `consent` says what the categories are about that a customer may refuse. The same record always
    reads the same.

    Raises:
        UnreadableError: as `decode`, or if it is dated more than `FUTURE_TOLERANCE` seconds after it was received.
    """
    touch = shortcut(raw, received, rules, partition, offset, feed)
    return touch if touch is not None else touch_of(decode(raw), received, rules, partition, offset, feed, consent)


def touch_of(
    touchpoint: Touchpoint,
    received: float,
    rules: KindRules,
    partition: int = -1,
    offset: int = -1,
    feed: Feed | None = None,
    consent: ConsentRules = _USUAL_CONSENT,
) -> Touch:
    """What the fold needs of a touchpoint; raises `UnreadableError` if it lies in the future."""
    name = touchpoint.event or touchpoint.name or touchpoint.type
    kind = rules.classify(touchpoint.type, touchpoint.event or "")
    properties, context = touchpoint.properties or {}, touchpoint.context or {}
    amount, currency = money_of(properties) if kind is Kind.PURCHASE else (None, "")
    return Touch(
        customer=touchpoint.customer,
        at=dated(touchpoint, received),
        name=name,
        kind=kind,
        digest=digest_of(touchpoint.message_id),
        channel=channel_of(
            context.get("channel"), "device" in context or "app" in context, "page" in context, touchpoint.type
        ),
        amount=amount,
        currency=currency,
        rating=rating_of(name, properties) if kind is Kind.FEEDBACK else None,
        traits=_traits(touchpoint, context),
        aliases=aliases_of(touchpoint.user_id, touchpoint.anonymous_id, touchpoint.previous_id),
        feed=feed,
        partition=partition,
        offset=offset,
        consent=consent.refused(context),
        details=details_of(
            kind, name, properties, arrival(context.get("campaign"), context.get("page"), context.get("referrer"))
        ),
        received=received,
    )


def dated(touchpoint: Touchpoint, received: float) -> float:
    """When it happened, in epoch seconds to the millisecond; raises `UnreadableError` if that lies in the future."""
    if touchpoint.timestamp is None:
        return round(received, 3)
    at = touchpoint.timestamp.timestamp()
    if at > received + FUTURE_TOLERANCE:
        raise UnreadableError(
            RejectionCode.IN_THE_FUTURE,
            f"timestamp {touchpoint.timestamp.isoformat()} lies in the future: check the sender's clock",
            "timestamp",
        )
    return round(min(at, received), 3)


def _traits(touchpoint: Touchpoint, context: Mapping[str, Any]) -> dict[str, str | int | float | bool] | None:
    found = touchpoint.traits or context.get("traits")
    if not isinstance(found, dict):
        return None
    kept: dict[str, str | int | float | bool] = {}
    for name, value in found.items():
        if isinstance(value, str):
            kept[name[:MAX_TRAIT_LENGTH]] = value[:MAX_TRAIT_LENGTH]
        elif isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() < MAX_TRAIT_BITS):
            kept[name[:MAX_TRAIT_LENGTH]] = value
        if len(kept) == MAX_TRAITS:
            break
    return kept or None
