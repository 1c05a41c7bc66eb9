"""A picture of one pixel, which tells of an e-mail that was opened by being loaded."""

from typing import Any

import msgspec
from fastapi import Response

from streams.gateway.dialect import Asked, Reading, Route
from streams.gateway.picture import PICTURE, picture
from streams.gateway.refusal import Refusal
from streams.gateway.translation import CAMPAIGN, campaign_of, present, tell

_FIELDS = {
    "event": "What happened; Email Opened unless it is said.",
    "userId": "The customer.",
    "anonymousId": "The visitor, where no customer is known.",
    "messageId": "What the touchpoint is counted by: with one, an e-mail that is opened twice counts once.",
    "timestamp": "When it happened; now unless it is said.",
    "channel": "Where the customer was met; email unless it is said.",
}


def _read(asked: Asked) -> Reading:
    return Reading([tell(msgspec.json.encode(dict(asked.query)), _touchpoint)])


def _touchpoint(said: dict[str, Any]) -> dict[str, Any]:
    elsewhere = {*_FIELDS, *CAMPAIGN, "writeKey"}
    return {
        "type": "track",
        "event": said.get("event") or "Email Opened",
        # What a template left empty says nothing.
        **present({name: said.get(name) for name in ("userId", "anonymousId", "messageId", "timestamp")}),
        "properties": {name: value for name, value in said.items() if name not in elsewhere},
        "context": present({"channel": said.get("channel") or "email", "campaign": campaign_of(said)}),
    }


def _refuse(refusal: Refusal) -> Response:
    """The picture all the same: nobody who reads an e-mail is helped by a broken one."""
    return picture(refusal)


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}


ROUTES = [
    Route(
        "/v1/pixel.gif",
        _read,
        "Take in the opening of an e-mail",
        method="GET",
        answer=picture,
        answers=PICTURE,
        refuse=_refuse,
        parameters=tuple(
            _parameter(name, description) for name, description in {"writeKey": "A write key.", **_FIELDS}.items()
        ),
    )
]
