"""Words that an expression may use: each with its type, what it means, and how it is taken from what is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Generic, TypeVar

Value = float | str | bool | None
V = TypeVar("V")


class Type(Enum):
    """What a value is; `ANY` is only known once it is there."""

    NUMBER = "a number"
    TEXT = "text"
    TRUTH = "true or false"
    ANY = "a number, text, or true or false"


@dataclass(frozen=True)
class Word(Generic[V]):
    """A name of type `type`, and what it `means` to people; `take` gives its value, none where there is none.

    `among` are all values that a text can have, if they are known. `scored` says that it comes from the models.
    """

    type: Type
    means: str
    take: Callable[[V], Value]
    among: tuple[str, ...] = ()
    scored: bool = False


@dataclass(frozen=True)
class Vocabulary(Generic[V]):
    """The words by name, and the families with members of any name: `traits` has `traits.plan`."""

    words: Mapping[str, Word[V]]
    families: Mapping[str, Callable[[str], Word[V]]] = field(default_factory=dict)

    def __or__(self, other: "Vocabulary[V]") -> "Vocabulary[V]":
        return Vocabulary({**self.words, **other.words}, {**self.families, **other.families})

    def find(self, name: str) -> Word[V] | None:
        """The word of that name; none if there is none."""
        if (word := self.words.get(name)) is not None:
            return word
        family, _, member = name.partition(".")
        return self.families[family](member) if member and family in self.families else None

    def unknown(self, name: str) -> str:
        """What to say of a name that is no word, with the word that may have been meant."""
        known = [*self.words, *(f"{family}.NAME" for family in self.families)]
        start = f"{name}."
        if members := [each for each in known if each.startswith(start)]:
            return f"{name} alone is no name: write {' or '.join(members[:2])}"
        close = close_to(name, known)
        return f"there is no name {name}: {f'did you mean {close}?' if close else 'docs/rules.md lists them all'}"


def close_to(text: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The one of the known texts that is spelled most alike, if one is."""
    found = get_close_matches(text.lower(), known, 1)
    return found[0] if found else None
