"""From events as they were told to touchpoints that can be published, and those that cannot, with their reasons."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec

from processors.consent import ConsentRules, is_withheld
from processors.decoding import UnreadableError, decode
from processors.plan import Checked, Plan
from processors.privacy import FieldRules
from processors.quality import Observed
from processors.reading import dated
from schemas.rejected import RejectionCode
from schemas.settings import Settings
from schemas.touchpoint import TYPES
from streams.gateway.correction import happened, written
from streams.gateway.dialect import Refused, Told, Unread
from streams.gateway.erased import Erased

MAX_TOLD = 8 * 1024 * 1024
"""Bytes of all that a request tells, as it is published: what a batch says once for all its events is in each then."""


@dataclass(frozen=True)
class Accepted:
    """A touchpoint as it will be published: its type, the customer it is keyed by, and its JSON."""

    type: str
    customer: str
    value: bytes


@dataclass(frozen=True)
class Taken:
    """What came of a request. `withheld` are the types of events of customers who do not want them kept, or were
    erased; `observed` is what is to be counted of its quality."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    observed: Observed = field(default_factory=Observed)

    @property
    def size(self) -> int:
        """How many touchpoints the request held, whatever became of them."""
        return len(self.accepted) + len(self.refused) + len(self.withheld)


class OffPlanError(UnreadableError):
    """An event that the tracking plan refuses."""

    def __init__(self, checked: Checked) -> None:
        first = checked.violations[0]
        super().__init__(RejectionCode.OFF_PLAN, first.message, first.field)
        self.checked = checked


class Intake:
    """Keeps back what customers refuse, applies the field rules, corrects, completes and checks what was told.

    The plan, if there is one, is about events as they were told; whatever leaves here has been under the rules.
    """

    def __init__(self, settings: Settings, plan: Plan | None, erased: Erased) -> None:
        self._consent = ConsentRules(settings.consent)
        self._rules = FieldRules.of(settings)
        self._erased, self._plan, self._strict = erased, plan, settings.plan_mode == "reject"

    def take(self, events: Iterable[Told | Unread], received: float) -> Taken:
        """What can be published of a request, which came at `received` (epoch seconds); a bad event fails alone.

        Raises:
            UnreadableError: if it is the request itself that cannot be read, or it tells too much.
        """
        taken, size = Taken(), 0
        for index, told in enumerate(events):
            if isinstance(told, Unread):
                self._keep_unread(taken, index, told)
                continue
            said = told.event.get("type")
            type_ = said if said in TYPES else "unknown"
            event = self._erased.without(told.event)
            if event is None or is_withheld(self._consent.refused(event.get("context"))):
                _withhold(taken, type_)
                continue
            event = self._rules.apply(event)
            try:
                accepted = self._accept(event, told, received, taken.observed)
                taken.accepted.append(accepted)
                size += len(accepted.value)
            except UnreadableError as error:
                checked = error.checked if isinstance(error, OffPlanError) else None
                if checked is None and self._is_withheld(event):
                    _withhold(taken, type_)
                    continue
                original = told.original if event is told.event else msgspec.json.encode(event)
                taken.refused.append(Refused(index, type_, error.rejection, original))
                size += len(original)
                taken.observed.refuse(error.rejection.code, checked)
            if size > MAX_TOLD:
                message = f"with what it says for all its events, a batch is over {MAX_TOLD} bytes: send smaller ones"
                raise UnreadableError(RejectionCode.TOO_LARGE, message)
        return taken

    def _accept(self, event: dict[str, Any], told: Told, received: float, observed: Observed) -> Accepted:
        at = happened(event, told.sent, received)
        event = {**event, "timestamp": written(at), "receivedAt": written(received)}
        if told.event.get("timestamp") is not None:
            event.setdefault("originalTimestamp", told.event["timestamp"])
        if event.get("messageId") in (None, ""):
            event["messageId"] = str(uuid4())
        # Read once more as the worker will read it: what is accepted here is not refused there.
        value = msgspec.json.encode(event)
        touchpoint = decode(value)
        dated(touchpoint, received)
        checked = None
        if self._plan is not None:
            checked = self._plan.check(touchpoint.type, touchpoint.event or "", told.event)
            if self._strict and checked is not None and checked.violations:
                raise OffPlanError(checked)
        planned = self._plan is not None and touchpoint.type == "track"
        observed.accept(told.event, received - at, checked, planned)
        return Accepted(touchpoint.type, touchpoint.customer, value)

    def _keep_unread(self, taken: Taken, index: int, unread: Unread) -> None:
        """Keep what could not be understood. If it could be parsed, it is withheld and under the rules as any other."""
        original = unread.original
        try:
            found = msgspec.json.decode(original)
            if self._is_withheld(found):
                _withhold(taken, unread.type)
                return
            if self._rules.apply_anywhere(found):
                original = msgspec.json.encode(found)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        taken.refused.append(Refused(index, unread.type, unread.rejection, original))
        taken.observed.refuse(unread.rejection.code)

    def _is_withheld(self, found: Any) -> bool:
        """Whether nothing may be kept of what was not understood."""
        refused = isinstance(found, dict) and is_withheld(self._consent.refused(found.get("context")))
        return refused or self._erased.is_in(found)


def _withhold(taken: Taken, type_: str) -> None:
    taken.withheld.append(type_)
    taken.observed.withhold()
