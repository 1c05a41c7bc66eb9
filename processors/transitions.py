"""Transitions between the steps of a journey, packed: eight bytes each, since every profile has some twenty of them.

A step is a kind of touchpoint, and `BEGIN` stands before the first one. What is packed is a number for each transition,
in little-endian order: which one it is in the lowest 8 bits, the seconds it took all in all in the next 38 (8,700
years), and how often it came in the highest 18.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from schemas.facts import LastTouch
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
_NAMES = [bytes((code,)) for code in range(_WAYS * _WAYS)]


class Transition(NamedTuple):
    """How often one step came right after another, and the seconds between, added up."""

    before: int
    after: int
    often: int
    seconds: int


def walked(packed: bytes, before: int, last: int, steps: Iterable[LastTouch]) -> bytes:
    """What is packed, with what leads along these steps counted, from a step that was taken at `last`.

    It is what `Transitions.add` does, but in one loop, since nearly every touchpoint comes to this.
    """
    numbers, codes = _unpacked(packed), packed[::_SIZE]
    for touch in steps:
        after, at = STEPS[touch.kind], int(touch.at)  # type: ignore[index]
        code = before * _WAYS + after
        place = codes.find(code)
        if place < 0:
            codes += _NAMES[code]
            numbers.append(_ONE + (at - last << 8) + code)
        elif (number := numbers[place]) < _FULL:
            numbers[place] = number + _ONE + (at - last << 8)
        before, last = after, at
    return _packed(numbers)


def _unpacked(packed: bytes) -> "array[int]":
    numbers = array("Q", packed)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _packed(numbers: "array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


class Transitions:
    """Transitions that may be changed."""

    __slots__ = ("_codes", "_numbers")

    def __init__(self, packed: bytes = b"") -> None:
        self._numbers, self._codes = _unpacked(packed), packed[::_SIZE]

    def add(self, before: int, after: int, seconds: int) -> None:
        """Count one; beyond a quarter of a million of the same, no more are."""
        code = before * _WAYS + after
        place = self._codes.find(code)
        if place < 0:
            self._codes += _NAMES[code]
            self._numbers.append(_ONE + (seconds << 8) + code)
        elif (number := self._numbers[place]) < _FULL:
            self._numbers[place] = number + _ONE + (seconds << 8)

    def take_off(self, before: int, after: int, seconds: int) -> bool:
        """Count one less; says whether there was one."""
        place = self._codes.find(before * _WAYS + after)
        if place < 0:
            return False
        number = self._numbers[place]
        if number < 2 * _ONE:
            del self._numbers[place]
            self._codes = self._codes[:place] + self._codes[place + 1 :]
        else:
            self._numbers[place] = number - _ONE - (min(seconds, number >> 8 & _SECONDS) << 8)
        return True

    def join(self, other: "Transitions") -> None:
        """Add those of another key of the same person, but for its beginning."""
        for before, after, often, seconds in other:
            if before == BEGIN:
                continue
            self.add(before, after, 0)
            place = self._codes.find(before * _WAYS + after)
            number = self._numbers[place]
            often = min((number >> 46) + often - 1, _MOST)
            seconds = min((number >> 8 & _SECONDS) + seconds, _LONGEST)
            self._numbers[place] = often * _ONE + (seconds << 8) + (number & 0xFF)

    @property
    def first(self) -> int | None:
        """The step that the journey began with; none if that is not known."""
        code = min(self._codes, default=_WAYS)
        return code if code < _WAYS else None

    def packed(self) -> bytes:
        """As it is kept."""
        return _packed(self._numbers)

    def __iter__(self) -> Iterator[Transition]:
        """All of them."""
        for number in self._numbers:
            before, after = divmod(number & 0xFF, _WAYS)
            yield Transition(before, after, number >> 46, number >> 8 & _SECONDS)
