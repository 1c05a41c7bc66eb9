"""What AsyncAPI says of the topics: what is on each, how it is keyed, and who writes and reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from pydantic import BaseModel

from schemas.actions import Trial
from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.rated_text import RatedText
from schemas.rejected import Rejected
from schemas.settings import Settings
from schemas.touch import Note
from schemas.touchpoint import Touchpoint
from streams.topics import ALERTS, ERASED, FEED_HEADER, OUTCOMES, REJECTED, ROW_HEADER, TOUCHPOINTS, TRACE_HEADER

_SCHEMAS = "#/components/schemas/{model}"
_BINDING = {"bindingVersion": "0.5.0"}


@dataclass(frozen=True)
class _Topic:
    """A topic: what its records are, what they are keyed by, and what an application may do with it."""

    name: str
    summary: str
    messages: Mapping[str, str]
    key: str
    partitions: int
    action: str


_DEFAULT_PARTITIONS: int = Settings.model_fields["partitions"].default
_TOPICS = (
    _Topic(
        TOUCHPOINTS,
        "What happened between customers and the business: the log that profiles are rebuilt from. Kept for ever. The"
        " gateway writes it; whoever has access to the broker may, too.",
        {"touchpoint": Touchpoint.__name__, "note": "Note"},
        "The customer: the user id, else `anon:` and the anonymous id. Any other key is mended by the worker.",
        _DEFAULT_PARTITIONS,
        "receive",
    ),
    _Topic(
        ALERTS,
        "What a person or a system should act on. A repeat has the same id.",
        {"alert": Alert.__name__},
        "The customer; empty for an alert to the operators.",
        _DEFAULT_PARTITIONS,
        "send",
    ),
    _Topic(
        OUTCOMES,
        "Predictions, and what then happened; actions that were tried, and how that ended. The learner reads them."
        " A record with the type `trial` is a trial, one with the type `text` a rated text; an outcome has no type.",
        {"outcome": Outcome.__name__, "trial": Trial.__name__, "text": RatedText.__name__},
        "The customer; empty for a rated text.",
        1,
        "send",
    ),
    _Topic(
        REJECTED,
        "What could not be read, whole, with the reason.",
        {"rejected": Rejected.__name__},
        "As it came; none from the gateway.",
        1,
        "send",
    ),
    _Topic(
        ERASED,
        "Who was erased, so that a rebuild does not bring them back. Kept for ever, the last record of each key.",
        {"erased": "Erased"},
        "A digest of the customer's id.",
        1,
        "send",
    ),
)
_WORDS = {
    "touchpoint": "One touchpoint, in Segment's spec.",
    "note": "What one id of a customer leaves for another when they turn out to be the same; of no use to others.",
    "alert": "A change of state: it opens once, and closes once.",
    "trial": "What was to be done about an alert, and how it ended.",
    "text": "The hashed words of a text that came with a rating, and the rating: what sentiment is learned from.",
    "outcome": "One prediction whose time has come.",
    "rejected": "One record that was refused.",
    "erased": "One id that was erased.",
}
_ERASED = {
    "type": "object",
    "required": ["at"],
    "properties": {"at": {"type": "string", "format": "date-time", "description": "When it was erased."}},
}
_TRACED = {TRACE_HEADER: {"type": "string", "description": "Where its trace goes on from, by W3C Trace Context."}}
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    TOUCHPOINTS: {
        FEED_HEADER: {"type": "string", "description": "Where a replayed touchpoint comes from."},
        ROW_HEADER: {"type": "string", "pattern": "^[0-9]+$", "description": "Its row there, by which it counts once."},
        **_TRACED,
    },
    ALERTS: _TRACED,
}


def asyncapi() -> dict[str, Any]:
    """The document, by AsyncAPI 3.0. Topic names are those without a prefix."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ebbflow's topics",
            "version": version("ebbflow"),
            "description": "JSON records on Kafka. EBBFLOW_PREFIX, where it is set, stands before every topic's name.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "As EBBFLOW_BROKER_URL says.",
            }
        },
        "channels": {topic.name: _channel(topic) for topic in _TOPICS},
        "operations": {f"{topic.action}_{topic.name}": _operation(topic) for topic in _TOPICS},
        "components": {
            "messages": {name: _message(topic, name) for topic in _TOPICS for name in topic.messages},
            "schemas": _schemas(),
        },
    }


def _channel(topic: _Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.messages},
        "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions, **_BINDING}},
    }


def _operation(topic: _Topic) -> dict[str, Any]:
    """What Ebbflow does: `receive` is where others write, `send` where they read."""
    return {"action": topic.action, "summary": topic.summary, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(topic: _Topic, name: str) -> dict[str, Any]:
    known = _HEADERS.get(topic.name)
    headers = {"headers": {"type": "object", "properties": known}} if known else {}
    return {
        "name": name,
        "summary": _WORDS[name],
        "contentType": "application/json",
        **headers,
        "payload": {"$ref": _SCHEMAS.format(model=topic.messages[name])},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, **_BINDING}},
    }


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in (Touchpoint, Alert, Outcome, Trial, RatedText, Rejected):
        found |= _of_model(model)
    (note,), parts = msgspec.json.schema_components([Note], ref_template=_SCHEMAS.replace("model", "name"))
    for part in parts.values():
        if "description" in part:
            part["description"] = cleandoc(part["description"])
    return {**found, **parts, "Note": note, "Erased": _ERASED}


def _of_model(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True, mode="serialization", ref_template=_SCHEMAS)
    return {**schema.pop("$defs", {}), model.__name__: schema}
