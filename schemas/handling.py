"""What people make of an alert: that somebody has seen to it, and whether it was of use."""

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.alert import Alert

Action = Literal["acknowledge", "snooze", "resolve", "reopen", "rate"]
HANDLED: dict[Action, str] = {
    "acknowledge": "Alert Acknowledged",
    "snooze": "Alert Snoozed",
    "resolve": "Alert Resolved",
    "reopen": "Alert Reopened",
    "rate": "Alert Rated",
}
"""The event as which each stands among the customer's touchpoints."""

Status = Literal["open", "acknowledged", "snoozed", "resolved", "closed"]


class Handled(BaseModel):
    """One thing that somebody does with an alert."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    by: str = Field("", max_length=100, description="Who it was, as your team knows them.")
    note: str = Field("", max_length=1000, description="What they want to say of it.")
    until: datetime | None = Field(None, description="Until when it is snoozed; with a time zone.")
    useful: bool | None = Field(None, description="Whether the alert was of use; `rate` has to say, others may.")

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        if (self.action == "snooze") != (self.until is not None):
            raise ValueError("until: `snooze` needs it, and nothing else has it")
        if self.until is not None:
            if self.until.tzinfo is None:
                raise ValueError("until: say the time zone, as in 2026-01-31T09:00:00Z")
            try:
                self.until = self.until.astimezone(UTC)
            except OverflowError:
                raise ValueError("until: that is no time to come back to") from None
        if self.action == "rate" and self.useful is None:
            raise ValueError("useful: `rate` has to say true or false")
        return self


class Handling(BaseModel):
    """How far people have come with an alert."""

    status: Literal["open", "acknowledged", "snoozed", "resolved"] = "open"
    by: str = ""
    at: datetime | None = None
    until: datetime | None = None
    note: str = ""
    useful: bool | None = None

    def after(self, handled: Handled, at: datetime) -> "Handling":
        """How it stands when this was done at a time."""
        useful = self.useful if handled.useful is None else handled.useful
        if handled.action == "rate":
            return self.model_copy(update={"useful": useful, "note": handled.note or self.note})
        status = _STATUSES[handled.action]
        return Handling(status=status, by=handled.by, at=at, until=handled.until, note=handled.note, useful=useful)


_STATUSES: dict[Action, Literal["open", "acknowledged", "snoozed", "resolved"]] = {
    "acknowledge": "acknowledged",
    "snooze": "snoozed",
    "resolve": "resolved",
    "reopen": "open",
}


class AlertStanding(BaseModel):
    """An alert as it stands: what it said when it opened, whether it has closed, and what people made of it."""

    alert: Alert
    closed_at: datetime | None = Field(None, description="When what it was about was over.")
    handling: Handling = Field(default_factory=Handling)

    def stands(self, now: datetime) -> Status:
        """What is to be said of it in a word. What is snoozed is open again when its time has come."""
        if self.closed_at is not None and self.handling.status != "resolved":
            return "closed"
        until = self.handling.until
        return "open" if until is not None and until <= now else self.handling.status

    def seen(self, now: datetime) -> "AlertSeen":
        """As it is shown."""
        return AlertSeen(id=self.alert.id, status=self.stands(now), **dict(self))


class AlertSeen(AlertStanding):
    """An alert as it is shown to whoever looks it up."""

    id: str
    status: Status


class Alerts(BaseModel):
    """Some of the newest alerts."""

    alerts: list[AlertSeen]
    next: str | None = Field(None, description="Where to go on: give it as `before`. None if there are no more.")


class Usefulness(BaseModel):
    """Of the alerts of one kind that people have rated, how many they found of use."""

    kind: str
    rated: int
    useful: int
    share: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1, description="With `high`, where the share lies with 95% confidence (Wilson, 1927).")
    high: float = Field(ge=0, le=1)
