"""What OpenAPI says of the gateway: its routes, who may use them, and every answer that they give."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from streams.gateway.dialect import Page, Route

_KEYS = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "A write key as the user name; the password is empty. Without it, the body's own field for a key"
        " (`writeKey`, `api_key`, `token`, as the SDK has it) and then the query are looked at.",
    },
    "writeKeyInQuery": {"type": "apiKey", "in": "query", "name": "writeKey", "description": "A write key."},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Signature",
        "description": "The sender's signature of a webhook, in the header and by the scheme that it publishes.",
    },
}
_PROBLEM = {
    "type": "object",
    "description": "Why a request was refused. Nothing of it was taken in.",
    "required": ["code", "message", "detail"],
    "properties": {
        "code": {"type": "string", "description": "For programs: `unauthorized`, `too_large`."},
        "message": {"type": "string", "description": "What is wrong."},
        "detail": {"type": "string", "description": "Where it is wrong, or what to do."},
    },
}
_ANY = {
    400: "The request cannot be read",
    403: "Its sender may not do this, or its page is of an origin that is not allowed",
    408: "It came too slowly",
    431: "Its head is too large",
    503: "The broker does not acknowledge, or too much is under way",
}
_ASKING = {401: "A write key or token is missing, or is not one of this gateway's"}
_SENDING = {
    **_ASKING,
    413: "It is too large",
    415: "It is compressed in a way that is not understood",
    429: "Its write key sends too much",
}
_WAITS = {"429", "503"}
_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_BY_KEY: list[dict[str, list[str]]] = [{"writeKey": []}, {"writeKeyInQuery": []}]
_SECONDS = {"description": "Seconds to wait before sending it again.", "schema": {"type": "integer", "minimum": 1}}
_TAGS = {
    "publish": "Where SDKs send touchpoints. 200 is said only after the broker has acknowledged.",
    "webhooks": "Where other services send what happens with them, signed.",
    "settings": "What SDKs ask for before they send anything.",
    "read": "What Ebbflow knows, and what may be done with it, for those who hold a token.",
    "health": "For load balancers; open to all.",
}


def of_route(route: Route) -> dict[str, Any]:
    """What OpenAPI says of where a client sends its events."""
    said: dict[str, Any] = {"parameters": list(route.parameters), "responses": dict(route.answers)}
    if route.authenticate is None:
        said |= {"tags": ["publish"], "security": _BY_KEY}
    else:
        said |= {"tags": ["webhooks"], "security": [{"signature": []}]}
        said["responses"] |= _problems({404: "No webhooks of this sender are expected"})
    said["responses"] |= _problems(_SENDING)
    if route.body:
        content = {media: {"schema": schema} for media, schema in route.body.items()}
        said["requestBody"] = {"required": True, "content": content}
    return said


def of_body(model: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says of a route that reads its body by itself, as a model has it."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    too_much = {status: words for status, words in _SENDING.items() if status in (413, 415)}
    return {"requestBody": {"required": True, "content": content}, "responses": _problems(too_much)}


def of_page(page: Page) -> dict[str, Any]:
    """What OpenAPI says of what a client asks for first."""
    names = re.findall(r"{(\w+)}", page.path)
    return {
        "tags": ["settings"],
        "security": _BY_KEY,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names],
        "responses": {"200": _json("The settings.", {"type": "object"})},
    }


def of_health() -> dict[str, Any]:
    """What OpenAPI says of the route for load balancers."""
    named = {name: {"type": "string"} for name in ("status", "broker")}
    state = {"type": "object", "required": list(named), "properties": named}
    away = _json("The broker cannot be reached, or too much is under way.", {"anyOf": [state, _REFERENCE]})
    return {"tags": ["health"], "responses": {"200": _json("The broker can be reached.", state), "503": away}}


def of_count() -> dict[int | str, dict[str, Any]]:
    """What else a route may answer that tells what was counted."""
    return dict(_problems({404: "Nothing has been counted yet"}).items())


def describe(app: FastAPI) -> None:
    """Make the app describe itself whole: with the answers that any request may get, and the keys and tokens."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    tags = [{"name": name, "description": words} for name, words in _TAGS.items()]
    document = get_openapi(title=app.title, version=version("ebbflow"), routes=app.routes, tags=tags)
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = _PROBLEM
    parts.setdefault("securitySchemes", {}).update(_KEYS)
    # FastAPI's own form of what we answer with 400.
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            answers.pop("422", None)
            expected = _ANY | (_ASKING if operation.get("security") else {})
            if "{" in path and "tags" not in operation:
                expected |= {404: "Nothing is held of what is asked for"}
            operation["responses"] = _problems(expected) | answers
            operation.setdefault("tags", ["read"])
    return document


def _problems(statuses: Mapping[int, str]) -> dict[str, Any]:
    """The answers that refuse a request, by status."""
    found = {str(status): _json(f"{words}.", _REFERENCE) for status, words in statuses.items()}
    for status in _WAITS & found.keys():
        found[status]["headers"] = {"Retry-After": _SECONDS}
    return found


def _json(words: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
