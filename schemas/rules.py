"""The user's own alert rules: `[rules.NAME]` in `ebbflow.toml`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from schemas.alert import Severity
from schemas.duration import Duration

MAX_RULES = 64
_MAX_TEXT = 300
_CUSTOMER = "{customer}"


def _check_text(text: str) -> str:
    if re.search(r"[{}]", text.replace(_CUSTOMER, "")):
        raise ValueError(f"the only thing that can stand in braces is {_CUSTOMER}")
    return text


_Text = Annotated[str, StringConstraints(max_length=_MAX_TEXT), AfterValidator(_check_text)]


class AlertRule(BaseModel):
    """When a customer is worth an alert, and what it says. docs/rules.md has the words of `when` and `until`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: str = Field(description="It opens while this is true: `churn_risk > 0.5 and revenue > 1000`.")
    until: str = Field(
        "",
        description="It closes when this is true. Empty: when `when` is no longer true, or if that is about the "
        "touchpoint at hand, when the cool-down is over.",
    )
    hold: Duration = Field(timedelta(0), ge=timedelta(0), description="`when` must have been true for this long.")
    cool_down: Duration = Field(
        timedelta(days=14),
        ge=timedelta(0),
        description="After it closed, the next one waits this long; one about the touchpoint at hand stays open for "
        "it, unless `until` says when it closes.",
    )
    severity: Severity = Field("warning", description="How urgent it is.")
    summary: _Text = Field("", description="What it says of {customer}. Empty: that the rule holds.")
    suggestion: _Text = Field("", description="What to do about it.")


RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Rules = Annotated[dict[RuleName, AlertRule], Field(max_length=MAX_RULES)]
"""Rules by name."""
