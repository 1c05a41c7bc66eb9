"""The page of acquisition: what brings customers by four models, what they cost, and who of them stays."""

from collections.abc import Sequence
from datetime import datetime

from schemas.acquisition import AcquiredBy, Acquisition, Churned, Cost
from streams.console.charts import credits_chart
from streams.console.frame import el, nothing, row, table
from streams.console.words import ago, figure, money_of, origin, percent

_MODELS = {"first": "First touch", "last": "Last touch", "position": "Position", "data_driven": "Data-driven"}
_DRAWN = 8
_CREDITS = ("", "Visitors", "Customers", *_MODELS.values(), "Revenue")
_COSTS = ("", "Spent", "Cost of one", "Value to cost", "Paid back", "Gone", "Within", "Others")


def acquisition_page(told: Acquisition | None, now: datetime) -> None:
    """Put the section on the page."""
    if told is None:
        nothing(
            "The customers have not been counted yet",
            "A worker that learns does so soon after it has started, and again and again.",
            "ebbflow worker",
        )
        return
    if not told.channels:
        nothing(
            "Nobody was seen to come from anywhere",
            "Send what your SDKs know of a page: its address, its referrer and its UTM parameters; and what you spend,"
            " as Marketing Spend.",
        )
        return
    _summary(told, now)
    drawn = [each for each in told.channels if told.acquired and each.credits.position.conversions][:_DRAWN]
    if drawn:
        with el("section", classes="card plain"):
            el("h2", "Who brought the purchases")
            el(
                "p",
                "Each model shares out the same purchases; where they agree, it does not matter whom you ask.",
                "soft",
            )
            credits_chart([(_name(each), _shares(each, told.acquired)) for each in drawn], list(_MODELS.values()))
    with el("section", classes="card plain"):
        _tables("Channels", told.channels, told.acquired)
    for name, rows in (("Sources", told.sources), ("Campaigns", told.campaigns)):
        with el("section", classes="card plain"), el("details"):
            el("summary", name)
            _tables(name, rows, told.acquired)


def _summary(told: Acquisition, now: datetime) -> None:
    with el("section", classes="card plain"):
        el("h2", f"{told.acquired:,} customers acquired")
        paid = f" They have paid {money_of(told.revenue)}." if told.revenue else ""
        el("p", f"Of {told.customers:,} who came.{paid} Counted {ago(told.at, now)}.")
        for each in told.channels:
            if each.churn is not None and each.churn.verdict is not None:
                el("p", _verdict(_name(each), each.churn), "next")


def _verdict(name: str, churn: Churned) -> str:
    more = "more" if churn.verdict == "worse" else "less"
    among = f", and {percent(churn.others)} of those whom others brought in the same months"
    return f"Customers of {name} leave {more} often: {percent(churn.share)} are gone{among}."


def _tables(caption: str, rows: Sequence[AcquiredBy], acquired: int) -> None:
    with table(f"{caption}: what they brought", *_CREDITS):
        for each in rows:
            shares = (percent(share) for share in _shares(each, acquired))
            row(_name(each), f"{each.visitors:,}", f"{each.acquired:,}", *shares, money_of(each.revenue))
    with table(f"{caption}: what they cost, and who is gone", *_COSTS):
        for each in rows:
            row(_name(each), money_of(each.spent), *_cost(each.cost), *_gone(each.churn))


def _cost(cost: Cost | None) -> tuple[str, str, str]:
    if cost is None or cost.per_customer is None:
        return "–", "–", "–"
    weeks = cost.payback_weeks
    paid = (
        "not yet" if weeks is None else "in the first week" if not weeks else f"after {weeks} week{'s' * (weeks > 1)}"
    )
    return f"{cost.per_customer:,.2f} {cost.currency}".rstrip(), figure(cost.value_to_cost, 2), paid


def _gone(churn: Churned | None) -> tuple[str, str, str]:
    if churn is None:
        return "–", "–", "–"
    return percent(churn.share), f"{percent(churn.low)} to {percent(churn.high)}", percent(churn.others)


def _shares(each: AcquiredBy, acquired: int) -> list[float]:
    """The share of all purchases that each model gives a row."""
    return [getattr(each.credits, model).conversions / max(1, acquired) for model in _MODELS]


def _name(each: AcquiredBy) -> str:
    return origin(each.channel, each.source, each.campaign)
