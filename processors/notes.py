"""Notes as they travel among the touchpoints: JSON of a type that no client can send."""

from collections.abc import Callable

import msgspec

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode
from schemas.touch import Note

_BEGIN = b'{"type":"ebbflow.'
_read: Callable[[bytes], Note] = msgspec.json.Decoder(Note).decode
_write = msgspec.json.Encoder().encode


def is_note(raw: bytes) -> bool:
    """Whether a record of the touchpoints topic is a note."""
    return raw.startswith(_BEGIN)


def read_note(raw: bytes) -> Note:
    """The note that a record is; raises `UnreadableError` if another release wrote it."""
    try:
        return _read(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(RejectionCode.INVALID, f"a note that cannot be read: {error}") from None


def write_note(note: Note) -> str:
    """A note as a record."""
    return _write(note).decode()
