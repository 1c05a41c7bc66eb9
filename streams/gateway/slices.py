"""Cutting a request into its parts without reading them, so that one unreadable event does not spoil its batch.

A batch with a `NaN`, a lone surrogate or a thousand brackets inside is no JSON as a whole, and a JSON parser refuses
all of it. Strings and brackets are enough to tell where each part begins and ends.
"""

import re
from collections.abc import Iterator

import msgspec

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

# A string that is never closed reaches to the end: looking for a second start inside it would take quadratic time.
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")


def members(body: bytes) -> dict[str, bytes]:
    """The members of a JSON object, by name, each as it came; of two with one name the last.

    Raises:
        UnreadableError: if the body is not JSON, or not an object.
    """
    try:
        return {name: bytes(raw) for name, raw in _MEMBERS.decode(body).items()}
    except _UNREADABLE as error:
        cut = _cut(body, b"{", b"}")
        if cut is None:
            raise _not(body, b"{", "an object", error) from None
    found = {}
    for part in cut:
        name = _MARK.match(part)
        if name is None or not part[name.end() :].lstrip().startswith(b":"):
            raise UnreadableError(RejectionCode.NOT_JSON, "not JSON: an object has names and values")
        try:
            found[msgspec.json.decode(name.group(), type=str)] = part[name.end() :].lstrip()[1:].strip()
        except _UNREADABLE:
            continue  # A name that cannot be read is none that is asked for.
    return found


def items(array: bytes) -> list[bytes]:
    """The items of a JSON array, each as it came.

    Raises:
        UnreadableError: if it is not an array.
    """
    try:
        return [bytes(raw) for raw in _ITEMS.decode(array)]
    except _UNREADABLE as error:
        cut = _cut(array, b"[", b"]")
        if cut is None:
            raise _not(array, b"[", "an array", error) from None
        return cut


def _cut(text: bytes, opening: bytes, closing: bytes) -> list[bytes] | None:
    """The parts between the commas of the outermost bracket; none if the text is not one such bracket."""
    text = text.strip()
    if not (text.startswith(opening) and text.endswith(closing)):
        return None
    parts, start, depth = [], 1, 0
    for mark, position in _marks(text):
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth -= 1
            if depth == 0 and position != len(text) - 1:
                return None
        elif mark == b"," and depth == 1:
            parts.append(text[start:position].strip())
            start = position + 1
    if depth != 0:
        return None
    last = text[start:-1].strip()
    return [*parts, last] if parts or last else []


def _marks(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Brackets and commas outside of strings, and where they are."""
    for found in _MARK.finditer(text):
        mark = found.group()
        if not mark.startswith(b'"'):
            yield mark, found.start()


def _not(text: bytes, opening: bytes, wanted: str, error: Exception) -> UnreadableError:
    if text.strip() and not text.strip().startswith(opening) and isinstance(error, msgspec.ValidationError):
        return UnreadableError(RejectionCode.NOT_AN_OBJECT, f"expected {wanted}")
    if isinstance(error, RecursionError):
        return UnreadableError(RejectionCode.TOO_DEEP, "nested too deeply")
    return UnreadableError(RejectionCode.NOT_JSON, f"not JSON: {error}")
