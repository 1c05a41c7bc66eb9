"""What a few touchpoints say beyond what happened: where a visit came from, an answer, a text, an action, spending."""

import msgspec


class Source(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a visit came from: a marketing channel as `paid search`, its source as `google`, a campaign's name."""

    channel: str
    source: str = ""
    campaign: str = ""


class Spend(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was spent on marketing, in units of `currency`."""

    source: Source
    amount: float
    currency: str = ""


class Details(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Most touchpoints have none. `survey` is the kind of survey that was answered or sent (`nps`, `csat`, `ces`,
    `rating`); `text` is what the customer wrote; `action` is what somebody did for the customer."""

    survey: str = ""
    text: str = ""
    source: Source | None = None
    action: str = ""
    spend: Spend | None = None
