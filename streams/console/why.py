"""The page of why: churn by week, whom a change has hit, what precedes leaving, and what actions do about it."""

from collections.abc import Sequence
from datetime import datetime

from processors.usefulness import wilson
from schemas.actions import NOTHING
from schemas.alert import AlertKind
from schemas.handling import AlertSeen
from schemas.population import ActionsTold, ActionTold, Churn, ChurnWeek, Culprit, PainPoint
from streams.console.charts import churn_weeks_chart, uplift_chart
from streams.console.frame import el, link_to, nothing, row, table
from streams.console.words import ago, chance, money_of, percent, points

_LISTED = 12
_BEYOND_CHANCE = 0.05


def why_page(churn: Churn | None, actions: ActionsTold | None, alerts: Sequence[AlertSeen], now: datetime) -> None:
    """Put the sections on the page. `alerts` are the newest, among which those are looked for that are held out."""
    if churn is None:
        nothing(
            "Nobody has had the time to leave yet",
            "It takes predictions that have come due: a customer who came, and a horizon later had come again or not."
            " Run a worker that learns, and replay a history that you have so as not to wait that long:",
            "ebbflow replay orders.csv --customer customer_id --time date",
        )
    else:
        _weeks(churn, now)
        _culprits(churn.culprits)
        _pains(churn.pain_points)
    _actions(actions)
    _held_out(alerts, now)


def _weeks(churn: Churn, now: datetime) -> None:
    latest, whole = churn.weeks[:1], [week for week in churn.weeks[1:] if week.outcomes]
    with el("section", classes="card plain"):
        el("h2", "Churn by week")
        el("p", f"Of {churn.customers:,} predictions that fell due in these weeks, so many ended in leaving.", "soft")
        if len(whole) > 1:
            churn_weeks_chart(list(reversed(whole)))
        with table("Weeks from Monday to Sunday, UTC", "Week of", "Outcomes", "Left", "Share", "Within, with 95%"):
            for week in churn.weeks:
                so_far = ", so far" if week in latest else ""
                share = percent(week.churned / week.outcomes if week.outcomes else None)
                row(
                    f"{week.begins:%Y-%m-%d}{so_far}", f"{week.outcomes:,}", f"{week.churned:,}", share,
                    _within(week),
                )  # fmt: skip


def _within(week: ChurnWeek) -> str:
    if not week.outcomes:
        return "–"
    low, high = wilson(week.churned, week.outcomes)
    return f"{percent(low)} to {percent(high)}"


def _culprits(culprits: Sequence[Culprit]) -> None:
    with el("section", classes="card plain"):
        el("h2", "Whom it has hit")
        if not culprits:
            el(
                "p",
                "Nobody more than others: between the last two whole weeks the churn of no channel, kind, plan, source,"
                " campaign or segment changed otherwise than that of all others, beyond what chance does.",
            )
            return
        first = culprits[0]
        turn = "more" if first.after > first.before else "fewer"
        el(
            "p",
            f"Of {first.dimension} {first.value} {turn} left than the week before: {percent(first.after)} after"
            f" {percent(first.before)}. That alone has changed the churn of all by {points(first.part)} points.",
            "next",
        )
        with table(
            "Churn that changed otherwise than that of all others", "Customers of", "Before", "After",
            "Part in the churn of all, points", "Happens by chance",
        ):  # fmt: skip
            for each in culprits:
                row(
                    f"{each.dimension}: {each.value}",
                    f"{percent(each.before)} of {each.outcomes_before:,}",
                    f"{percent(each.after)} of {each.outcomes_after:,}",
                    points(each.part),
                    chance(each.chance),
                )


def _pains(pains: Sequence[PainPoint]) -> None:
    with el("section", classes="card plain"):
        el("h2", "What precedes leaving")
        if not pains:
            el("p", "No trouble does more often than chance would have it, in customers as recent and as frequent.")
            return
        with table(
            "Trouble within 30 days before, the most value hurt first", "Trouble", "Met by", "Left", "Others like them",
            "Left over it", "Value hurt", "Happens by chance",
        ):  # fmt: skip
            for each in pains:
                row(
                    each.name, f"{each.customers:,}", percent(each.churned), percent(each.expected),
                    f"{each.excess:,.0f}", money_of(each.value_hurt), chance(each.chance),
                )  # fmt: skip


def _actions(told: ActionsTold | None) -> None:
    with el("section", classes="card plain"):
        el("h2", "What actions do")
        if told is None or not told.actions:
            el(
                "p",
                "No trial has ended yet: each runs for a horizon from its alert on. List what you can do, one section"
                " each, and report what was done as Action Taken:",
            )
            el("code", "[policy.actions.call]")
            return
        el(
            "p",
            f"{told.held_out:,} customers were held out, so that this can be told; {percent(told.stayed_held_out)} of"
            " them stayed. Uplift is how many more stay of those for whom an action was picked, at a risk as high.",
            "soft",
        )
        el("p", _verdict(told.actions), "next")
        drawn = [each for each in told.actions if each.uplift is not None]
        if drawn:
            uplift_chart(drawn)
        with table(
            "Actions, done or not, beside those held out", "Action", "Picked", "Reported", "Stayed",
            "Uplift, points", "Within, with 95%", "Happens by chance",
        ):  # fmt: skip
            for each in told.actions:
                row(
                    each.action, f"{each.tried:,}", f"{each.reported:,}", percent(each.stayed), points(each.uplift),
                    "–" if each.low is None else f"{points(each.low)} to {points(each.high)}",
                    "–" if each.uplift is None else chance(each.chance),
                )  # fmt: skip


def _verdict(actions: Sequence[ActionTold]) -> str:
    sure = [each for each in actions if each.uplift is not None and each.chance < _BEYOND_CHANCE]
    good = [each.action for each in sure if (each.uplift or 0.0) > 0.0]
    bad = [each.action for each in sure if (each.uplift or 0.0) < 0.0]
    if not sure:
        return "Of none it can be said yet that it does anything."
    said = [f"{', '.join(good)} keeps customers"] if good else []
    said += [f"{', '.join(bad)} drives them away"] if bad else []
    return f"Beyond chance, {'; '.join(said)}."


def _held_out(alerts: Sequence[AlertSeen], now: datetime) -> None:
    """The newest churn alerts for which nothing is to be done, and the picks beside them."""
    tried = [seen.alert for seen in alerts if seen.alert.kind is AlertKind.CHURN_RISK and seen.alert.action]
    held = [alert for alert in tried if alert.action == NOTHING]
    if not tried:
        return
    with el("section", classes="card plain"):
        el("h2", "Who is held out")
        el("p", f"Of the newest {len(tried):,} alerts with an action, {len(held):,} say to do nothing.", "soft")
        with el("ul"):
            for alert in held[:_LISTED]:
                with el("li"):
                    el("a", alert.customer, href=link_to(alert.customer))
                    el("span", f", {ago(alert.at, now)}", "soft")
