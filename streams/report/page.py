"""The report as one page."""

from collections.abc import Mapping
from html import escape

from schemas.handling import AlertSeen
from schemas.population import ActionsTold, Activity, ActivityWeek, Churn, Satisfaction
from streams.paper.chart import Chart
from streams.paper.page import figure, pairs, table
from streams.report.gathered import Gathered

NOTHING_YET = "Nothing yet: "


def title_of(gathered: Gathered) -> str:
    """What the page is called."""
    return f"Customers in the week to {gathered.at:%d %B %Y}"


def body_of(gathered: Gathered, charts: Mapping[str, Chart]) -> str:
    """All of the page but its frame."""
    drawn = {name: figure(chart) for name, chart in charts.items()}
    return "\n".join(
        (
            "<h2>What changed</h2>", _activity(gathered), drawn.get("activity", ""), _satisfaction(gathered),
            drawn.get("satisfaction", ""),
            "<h2>Why</h2>", drawn.get("churn", ""), _causes(gathered), _pains(gathered),
            "<h2>Whom to call</h2>", _calls(gathered),
            "<h2>What the actions did</h2>", drawn.get("actions", ""), _actions(gathered),
            "<h2>How far to trust this</h2>", _trust(gathered),
        )
    )  # fmt: skip


def _activity(gathered: Gathered) -> str:
    activity = gathered.section(Activity)
    if activity is None or len(activity.weeks) < 3:
        return _said(NOTHING_YET + "a worker that learns counts the customers soon after it has started.")
    # The newest is not over yet.
    _, last, before = activity.weeks[:3]
    rows = [
        ("Active customers", last.active, before.active),
        ("New customers", last.new, before.new),
        ("Touchpoints", last.touchpoints, before.touchpoints),
        ("Orders", last.orders, before.orders),
    ]
    told = [(name, f"{now:,}", f"{then:,}", _change(now, then)) for name, now, then in rows]
    told += [_revenue(code, last, before) for code in sorted(last.revenue.keys() | before.revenue.keys())]
    headings = ("", f"week of {last.begins:%d %b}", f"week of {before.begins:%d %b}", "change")
    return table(headings, told)


def _revenue(currency: str, last: ActivityWeek, before: ActivityWeek) -> tuple[str, str, str, str]:
    now, then = last.revenue.get(currency, 0.0), before.revenue.get(currency, 0.0)
    return (f"Revenue, {currency or 'no currency'}", f"{now:,.2f}", f"{then:,.2f}", _change(now, then))


def _satisfaction(gathered: Gathered) -> str:
    told = gathered.section(Satisfaction)
    if told is None or not told.surveys:
        return ""
    rows = []
    if told.nps is not None:
        rows.append(("Net Promoter Score", f"{told.nps.score:+.0f} ({told.nps.low:+.0f} to {told.nps.high:+.0f})"))
    for name, survey in told.surveys.items():
        if survey.satisfied is not None:
            rate = "" if survey.response_rate is None else f", {survey.response_rate:.0%} answer"
            spelt = name if name == "rating" else name.upper()
            rows.append((f"Satisfied, by {spelt}", f"{survey.satisfied:.0%} of {survey.customers:,}{rate}"))
    return pairs(rows)


def _causes(gathered: Gathered) -> str:
    churn = gathered.section(Churn)
    if churn is None:
        return _said(NOTHING_YET + "it is learned from predictions that have come due, a horizon after the first.")
    if not churn.culprits:
        return _said(
            "Churn changed for nobody otherwise than for all others between the last two whole weeks, beyond what "
            "chance does."
        )
    rows = [
        (
            f"{each.dimension}: {each.value}", f"{each.before:.0%}", f"{each.after:.0%}",
            f"{100.0 * each.part:+.1f} points", _chance(each.chance),
        )
        for each in churn.culprits
    ]  # fmt: skip
    return table(("Whose churn changed", "before", "after", "part in the churn of all", "by chance"), rows)


def _pains(gathered: Gathered) -> str:
    churn = gathered.section(Churn)
    if churn is None:
        return ""
    if not churn.pain_points:
        return _said("No trouble precedes leaving more often than chance would have it.")
    rows = [
        (
            each.name, f"{each.customers:,}", f"{each.churned:.0%}", f"{each.expected:.0%}", f"{each.excess:,.0f}",
            _sums(each.value_hurt),
        )
        for each in churn.pain_points
    ]  # fmt: skip
    return table(("Pain point", "met by", "left", "others like them", "left over it", "worth"), rows)


def _calls(gathered: Gathered) -> str:
    if not gathered.calls:
        return _said("No alert stands open.")
    rows = [_call(each) for each in gathered.calls]
    note = _said(f"{gathered.open_alerts:,} alerts stand open; these have the most at stake.")
    return note + table(("Customer", "Alert", "At stake", "Why", "What to do"), rows, words=True)


def _call(seen: AlertSeen) -> tuple[str, str, str, str, str]:
    alert = seen.alert
    stake = alert.at_stake
    sure = "" if alert.sureness.probability is None else f" {alert.sureness.probability:.0%}"
    why = "; ".join(reason.words for reason in alert.reasons) or alert.summary
    worth = "" if stake is None else f"{stake.amount:,.0f} {stake.currency}".strip()
    return (alert.customer, f"{alert.kind}{sure}", worth, why, alert.suggestion)


def _actions(gathered: Gathered) -> str:
    actions = gathered.section(ActionsTold)
    if actions is None or not actions.actions:
        return _said(
            NOTHING_YET + "list actions as [policy.actions.NAME], and report what was done as Action Taken; the first "
            "trials end a horizon after they began."
        )
    rows = [
        (
            each.action, f"{each.tried:,}", f"{each.reported:,}", _share(each.stayed),
            "" if each.uplift is None else f"{100.0 * each.uplift:+.1f} points",
            "" if each.low is None or each.high is None else f"{100.0 * each.low:+.1f} to {100.0 * each.high:+.1f}",
            _chance(each.chance),
        )
        for each in actions.actions
    ]  # fmt: skip
    held = _said(f"{actions.held_out:,} customers were held out, of whom {_share(actions.stayed_held_out)} stayed.")
    return held + table(("Action", "picked", "done", "stayed", "uplift", "with 95%", "by chance"), rows)


def _trust(gathered: Gathered) -> str:
    rows = []
    if gathered.card is not None:
        recent = gathered.card["recent"]
        for name, words in (("champion", "The models"), ("recency", "Recency alone"), ("base_rate", "The base rate")):
            measures = recent.get(name)
            told = [f"{measures[each]:.3f}" for each in ("auc", "log_loss") if measures and measures[each] is not None]
            if told:
                # Recency is no probability, and has no log loss.
                rows.append((words + (": AUC, log loss" if len(told) > 1 else ": AUC"), ", ".join(told)))
        rows.append(("Outcomes learned from", f"{gathered.card['outcomes']:,}"))
    for each in gathered.useful:
        rows.append((f"Found of use, {each.kind}", f"{each.share:.0%} of {each.rated} rated"))
    return pairs(rows) if rows else _said(NOTHING_YET + "no model has been learned.")


def _said(text: str) -> str:
    return f"<p>{escape(text)}</p>\n"


def _change(now: float, then: float) -> str:
    return f"{(now - then) / then:+.0%}" if then else ""


def _chance(chance: float) -> str:
    return "under 1 in 1,000" if chance < 0.001 else f"{chance:.1%}"


def _share(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"


def _sums(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:,.0f} {currency}".strip() for currency, amount in amounts.items())
