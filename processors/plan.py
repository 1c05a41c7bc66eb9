"""The tracking plan: what each event should look like, as JSON Schemas, and where one does not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from schemas.touchpoint import TYPES

_WITH_TRAITS = ("identify", "group")
_MOST = 50
"""Violations of one event that are looked at."""
_ABOUT_THE_SCHEMA = frozenset(
    {
        "type", "enum", "const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "multipleOf",
    }
)  # fmt: skip
"""Rules of which what was broken can be said; of others it might repeat what the customer sent."""


class PlanError(ValueError):
    """A schema of the plan is none; the message says which and why."""


@dataclass(frozen=True)
class Violation:
    """Where an event is off the plan. `field` is a path of names that the plan has itself, with a `*` for others."""

    field: str
    message: str


@dataclass(frozen=True)
class Checked:
    """What the plan says of an event: its name in the plan, where it violates that, which optional fields it has."""

    event: str
    violations: tuple[Violation, ...]
    present: tuple[str, ...]


class _Planned:
    """One event of the plan."""

    def __init__(self, event: str, bag: str, schema: Any) -> None:
        self.event, self._bag = event, bag
        self._validator = jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_nothing_elsewhere)
        self._names = frozenset(_names(schema))
        own = schema if isinstance(schema, dict) else {}
        self.optional = tuple(name for name in own.get("properties", {}) if name not in own.get("required", ()))

    def check(self, fields: Mapping[str, Any]) -> Checked:
        found: dict[str, Violation] = {}
        for error in islice(self._validator.iter_errors(fields), _MOST):
            violation = self._violation(error)
            found.setdefault(violation.field, violation)
        present = tuple(name for name in self.optional if fields.get(name) not in (None, ""))
        return Checked(self.event, tuple(found.values()), present)

    def _violation(self, error: Any) -> Violation:
        rule = error.kind.name
        path = [name for name in error.instance_path if isinstance(name, str)]
        if rule == "required":
            path.append(error.kind.property)
        # A name that the sender chose could be anything, and there could be any number of them.
        field = ".".join([self._bag, *(name if name in self._names else "*" for name in path)])
        says = f"{rule}: {error.kind.value}" if rule in _ABOUT_THE_SCHEMA else rule
        return Violation(field, f"{field}: off the plan of {self.event!r} ({says})")


class Plan:
    """The plan of an installation, from schemas by the names of their files.

    A file is named by its event, or by the type of the touchpoints that it is about; the former can be said in the
    schema, too, as `x-event`. What is checked are the `properties`; the `traits` for identify and group.

    Raises:
        PlanError: if a schema is none, refers to another file, or two are about the same event.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._planned: dict[tuple[str, str], _Planned] = {}
        for file, schema in schemas.items():
            stem = file.removesuffix(".json")
            event = schema.get("x-event", stem) if isinstance(schema, dict) else stem
            if not isinstance(event, str) or not event.strip():
                raise PlanError(f"{file}: x-event is the name of an event")
            key = (event, "") if event == stem and event in TYPES else ("track", event.strip())
            if key in self._planned:
                raise PlanError(f"{file}: another file of the plan is about {event!r}, too")
            try:
                self._planned[key] = _Planned(event, "traits" if key[0] in _WITH_TRAITS else "properties", schema)
            except ValueError as error:
                raise PlanError(f"{file}: {str(error).splitlines()[0]}") from None

    @property
    def optional(self) -> dict[str, tuple[str, ...]]:
        """The fields that events may have and need not, by the name of the event."""
        return {planned.event: planned.optional for planned in self._planned.values()}

    def check(self, type_: str, event: str, told: Mapping[str, Any]) -> Checked | None:
        """What the plan says of a touchpoint of that type and event name, as it was told; none if it says nothing."""
        planned = self._planned.get((type_, event) if type_ == "track" else (type_, ""))
        if planned is None:
            return None
        fields = told.get("properties")
        if type_ in _WITH_TRAITS:
            fields = told.get("traits") or (told.get("context") or {}).get("traits")
        return planned.check(fields if isinstance(fields, dict) else {})


def _nothing_elsewhere(address: str) -> Any:
    raise PlanError(f"{address} is elsewhere, and the plan has to be whole: put it into $defs")


def _names(schema: Any) -> Iterator[str]:
    """Every name that a schema gives a field, however deep."""
    if isinstance(schema, list):
        for item in schema:
            yield from _names(item)
    elif isinstance(schema, dict):
        for keyword, held in schema.items():
            if keyword == "properties" and isinstance(held, dict):
                yield from held
            elif keyword == "required" and isinstance(held, list):
                yield from (name for name in held if isinstance(name, str))
            yield from _names(held)
