"""Fields of a touchpoint as a setting names them: `context.userAgent,traits.email`."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic.alias_generators import to_snake

from schemas.touchpoint import Touchpoint

_BAGS = frozenset(("properties", "context", "traits"))
_DATES = ("originalTimestamp", "sentAt", "receivedAt")
_NEEDED = frozenset((*Touchpoint.model_fields, *map(to_snake, _DATES))) - _BAGS


def paths_of(said: str) -> list[tuple[str, ...]]:
    """What a setting lists, each as the names that lead to the field."""
    listed = filter(None, map(str.strip, said.split(",")))
    return [tuple(name.strip() for name in path.split(".")) for path in listed]


def _check(said: str) -> str:
    for path in paths_of(said):
        written = ".".join(path)
        if not all(path):
            raise ValueError(f"{written!r} is not a path; write it as in traits.email")
        if to_snake(path[0]) in _NEEDED:
            raise ValueError(f"{written}: Ebbflow lives by this field, and keeps it as it is")
        if path in (("context",), ("properties",), ("traits",)) or path[:2] == ("context", "consent"):
            raise ValueError(f"{written}: name a field inside of properties, context or traits; consent stays")
    return said


FieldPaths = Annotated[str, AfterValidator(_check)]
