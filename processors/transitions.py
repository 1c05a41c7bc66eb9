"""Transitions between the steps of a journey, packed: eight bytes each, since every profile has some twenty of them.

A step is a kind of touchpoint, and `BEGIN` stands before the first one. What is packed is a number for each transition,
in little-endian order: which one it is in the lowest 8 bits, the seconds it took all in all in the next 38 (8,700
years), and how often it came in the highest 18.
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import NamedTuple

from schemas.kinds import Kind

BEGIN = 0
STEPS: Mapping[str, int] = {kind: number for number, kind in enumerate(Kind, 1)}
KINDS: Mapping[int, Kind] = dict(enumerate(Kind, 1))

_WAYS = len(KINDS) + 1
_SIZE = 8
_SECONDS = (1 << 38) - 1
_LONGEST = _SECONDS >> 1
"""More seconds are not added up when keys are merged, so that no sum of one customer's ever spills into the count."""
_ONE = 1 << 46
_MOST = (1 << 18) - 1
_FULL = _MOST * _ONE
_number = Struct("<Q")
_pack, _read, _write = _number.pack, _number.unpack_from, _number.pack_into
_NAMES = [bytes((code,)) for code in range(_WAYS * _WAYS)]


class Transition(NamedTuple):
    """How often one step came right after another, and the seconds between, added up."""

    before: int
    after: int
    often: int
    seconds: int


class Transitions:
    """Transitions that may be changed."""

    __slots__ = ("_codes", "_held")

    def __init__(self, packed: bytes = b"") -> None:
        self._held, self._codes = bytearray(packed), packed[::_SIZE]

    def add(self, before: int, after: int, seconds: int) -> None:
        """Count one; beyond a quarter of a million of the same, no more are."""
        code = before * _WAYS + after
        at = self._codes.find(code)
        if at < 0:
            self._codes += _NAMES[code]
            self._held += _pack(_ONE + (seconds << 8) + code)
            return
        place, packed = _SIZE * at, self._held
        (held,) = _read(packed, place)
        if held < _FULL:
            _write(packed, place, held + _ONE + (seconds << 8))

    def take_off(self, before: int, after: int, seconds: int) -> bool:
        """Count one less; says whether there was one."""
        code = before * _WAYS + after
        at = self._codes.find(code)
        if at < 0:
            return False
        place = _SIZE * at
        held = _read(self._held, place)[0]
        if held < 2 * _ONE:
            del self._held[place : place + _SIZE]
            self._codes = self._codes[:at] + self._codes[at + 1 :]
        else:
            _write(self._held, place, held - _ONE - (min(seconds, held >> 8 & _SECONDS) << 8))
        return True

    def join(self, other: "Transitions") -> None:
        """Add those of another key of the same person, but for its beginning."""
        for before, after, count, seconds in other:
            if before == BEGIN:
                continue
            self.add(before, after, 0)
            place = _SIZE * self._codes.find(before * _WAYS + after)
            held = _read(self._held, place)[0]
            often = min((held >> 46) + count - 1, _MOST)
            long = min((held >> 8 & _SECONDS) + seconds, _LONGEST)
            _write(self._held, place, often * _ONE + (long << 8) + (held & 0xFF))

    @property
    def first(self) -> int | None:
        """The step that the journey began with; none if that is not known."""
        code = min(self._codes, default=_WAYS)
        return code if code < _WAYS else None

    def packed(self) -> bytes:
        """As it is kept."""
        return bytes(self._held)

    def __iter__(self) -> Iterator[Transition]:
        """All of them."""
        for (held,) in _number.iter_unpack(self._held):
            before, after = divmod(held & 0xFF, _WAYS)
            yield Transition(before, after, held >> 46, held >> 8 & _SECONDS)
