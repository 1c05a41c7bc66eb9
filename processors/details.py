"""Reading what a few touchpoints say beyond what happened; both ways of reading a record ask here."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from processors.kinds import REPORTS, normal_name
from processors.measures import money_of, number_of, survey_of
from processors.sources import OPENED_BY, opened_by, source_of
from schemas.details import Details, Source, Spend
from schemas.kinds import Kind

MAX_TEXT = 500
"""Letters of a text: enough to tell how somebody feels."""
MAX_ACTION = 60

_ACTION_TAKEN, _SURVEY_SENT = "action taken", "survey sent"

# Looking a member up in its enumeration, or in a set, costs more than comparing it.
_SERVICE, _FEEDBACK, _SOCIAL, _CAMPAIGN = Kind.SERVICE, Kind.FEEDBACK, Kind.SOCIAL, Kind.CAMPAIGN
_TEXTS = ("text", "comment", "message", "body", "description", "review", "feedback", "review_body")
_NONE = Details()
_REMEMBERED = 10_000


@lru_cache(maxsize=_REMEMBERED)
def has_details(kind: Kind | None, name: str) -> bool:
    """Whether the properties of such a touchpoint need to be looked at for details."""
    if _is_spoken(kind) or is_report(kind, name):
        return True
    normal = normal_name(name)
    return normal in OPENED_BY or (kind is Kind.CAMPAIGN and normal == _SURVEY_SENT)


def is_report(kind: Kind | None, name: str) -> bool:
    """Whether the business reports what it did itself."""
    return kind is None and normal_name(name) in REPORTS


def details_of(kind: Kind | None, name: str, properties: Mapping[str, Any], source: Source | None) -> Details | None:
    """The details of a touchpoint that comes from `source`; none if there are none."""
    if is_report(kind, name):
        found = _report(normal_name(name), properties)
    else:
        if source is None and (opened := normal_name(name)) in OPENED_BY:
            source = opened_by(opened, properties)
        asks = kind is _FEEDBACK or (kind is _CAMPAIGN and normal_name(name) == _SURVEY_SENT)
        found = Details(
            survey=survey_of(name, properties) if asks else "",
            text=_text_of(properties) if _is_spoken(kind) else "",
            source=source,
        )
    return found if found != _NONE else None


def _is_spoken(kind: Kind | None) -> bool:
    return kind is _SERVICE or kind is _FEEDBACK or kind is _SOCIAL


def _text_of(properties: Mapping[str, Any]) -> str:
    for field in _TEXTS:
        said = properties.get(field)
        if isinstance(said, str) and said.strip():
            return said.strip()[:MAX_TEXT]
    return ""


def _report(name: str, properties: Mapping[str, Any]) -> Details:
    if name == _ACTION_TAKEN:
        action = properties.get("action")
        return Details(action=action.strip()[:MAX_ACTION] if isinstance(action, str) else "")
    amount, currency = money_of(properties)
    if amount is None:
        # What exports of advertisers call it.
        said_to_cost = (number_of(properties.get(name)) for name in ("amount", "cost", "spend"))
        amount = next((round(each, 4) for each in said_to_cost if each is not None), None)
    if amount is None or amount < 0.0:
        return _NONE
    channel = properties.get("channel")
    said = {each: properties.get(each) for each in ("source", "medium", "campaign")}
    source = source_of({"source": said["source"], "medium": said["medium"], "name": said["campaign"]})
    if isinstance(channel, str) and channel.strip():
        found = source or Source("")
        source = Source(channel.strip().lower()[:MAX_ACTION], found.source, found.campaign)
    return Details(spend=Spend(source, amount, currency)) if source is not None else _NONE
