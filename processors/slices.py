"""Cutting JSON into its parts without reading them, so that one unreadable event does not spoil its batch.

A batch with a `NaN`, a lone surrogate or a thousand brackets inside is no JSON as a whole, and a JSON parser refuses
all of it. Strings and brackets are enough to tell where each part begins and ends.
"""

import math
import re

import msgspec

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

MAX_ITEMS = 2_500
"""Events of one request."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_MARKS = 100
"""Marks that an event may have on average in what is no JSON: to look at millions takes seconds."""

# A string that is never closed reaches to the end: looking for a second start inside it would take quadratic time.
_STRING = rb'"(?:[^"\\]++|\\.)*+"?+'
_MARK = re.compile(rb'[^][{}",]*+(' + _STRING + rb"|[][{},])", re.DOTALL)
_BRACKET = re.compile(rb'(?:[^][{}"]++|' + _STRING + rb")*+([][{}])", re.DOTALL)
_NAME = re.compile(_STRING, re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")


def members(body: bytes, most: float = MAX_ITEMS) -> dict[str, bytes]:
    """The members of a JSON object, by name, each as it came; of two with one name the last. `most` is how many events
    it may hold.

    Raises:
        UnreadableError: if the body is not JSON, or not an object.
    """
    try:
        return {name: bytes(raw) for name, raw in _MEMBERS.decode(body).items()}
    except _UNREADABLE as error:
        cut = _cut(body, b"{", b"}", math.inf, most * _MARKS)
        if cut is None:
            raise _not(body, b"{", "an object", error) from None
    found = {}
    for part in cut:
        name = _NAME.match(part)
        if name is None or not part[name.end() :].lstrip().startswith(b":"):
            raise UnreadableError(RejectionCode.NOT_JSON, "not JSON: an object has names and values")
        try:
            found[msgspec.json.decode(name.group(), type=str)] = part[name.end() :].lstrip()[1:].strip()
        except _UNREADABLE:
            continue  # A name that cannot be read is none that is asked for.
    return found


def items(array: bytes, most: float = MAX_ITEMS) -> list[bytes]:
    """The items of a JSON array, each as it came.

    Raises:
        UnreadableError: if it is not an array, or one of more than `most`.
    """
    try:
        found = _ITEMS.decode(array)
    except _UNREADABLE as error:
        cut = _cut(array, b"[", b"]", most, most * _MARKS)
        if cut is None:
            raise _not(array, b"[", "an array", error) from None
        return cut
    if len(found) > most:
        raise _too_many(most)
    return [bytes(raw) for raw in found]


def _cut(text: bytes, opening: bytes, closing: bytes, most: float, marks: float) -> list[bytes] | None:
    """The parts between the commas of the outermost bracket; none if the text is not one such bracket."""
    text = text.strip()
    if not (text.startswith(opening) and text.endswith(closing)):
        return None
    parts: list[bytes] = []
    start, depth, end, looked = 1, 0, 0, 0
    # Only the outermost commas matter.
    while found := (_MARK if depth <= 1 else _BRACKET).match(text, end):
        mark, end, looked = found.group(1), found.end(), looked + 1
        if looked > marks:
            raise UnreadableError(RejectionCode.NOT_JSON, "not JSON, and too intricate to find the events in it")
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth -= 1
            if depth == 0 and end != len(text):
                return None
        elif mark == b"," and depth == 1:
            parts.append(text[start : end - 1].strip())
            start = end
            if len(parts) >= most and text[start:-1].strip():
                raise _too_many(most)
    if depth != 0:
        return None
    last = text[start:-1].strip()
    return [*parts, last] if parts or last else []


def _too_many(most: float) -> UnreadableError:
    return UnreadableError(RejectionCode.TOO_LARGE, f"too many events; a request has at most {most}")


def _not(text: bytes, opening: bytes, wanted: str, error: Exception) -> UnreadableError:
    if text.strip() and not text.strip().startswith(opening) and isinstance(error, msgspec.ValidationError):
        return UnreadableError(RejectionCode.NOT_AN_OBJECT, f"expected {wanted}")
    if isinstance(error, RecursionError):
        return UnreadableError(RejectionCode.TOO_DEEP, "nested too deeply")
    return UnreadableError(RejectionCode.NOT_JSON, f"not JSON: {error}")
