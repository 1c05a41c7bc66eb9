"""The page of journeys: which steps customers take, how far they come, where they leave, and what pains them before."""

from schemas.journeys import FunnelSeen, Journeys, JourneyStep, Share
from schemas.kinds import Kind
from schemas.population import Churn
from streams.console.charts import flow_chart
from streams.console.frame import cell, el, nothing, row, table
from streams.console.words import moment, percent, span


def journeys_page(told: Journeys | None, churn: Churn | None, kept: bool) -> None:
    """Put the sections on the page; `kept` says whether journeys are kept at all."""
    if not kept:
        nothing(
            "Journeys are not kept",
            "The policy turns them off. Take “journey” out of policy.without, and let a rebuild find them in the log:",
            "ebbflow rebuild",
        )
        return
    if told is None or not told.steps:
        nothing(
            "No journeys yet",
            "They are counted among all customers, again and again, by the worker that learns. Send touchpoints, run a"
            " worker, and look again in a minute:",
            "ebbflow worker",
        )
        return
    gone = f"{told.gone:,} of them gone ({percent(told.gone / told.customers)})"
    el("p", f"{told.customers:,} customers, {gone}, as of {moment(told.at)} UTC.", "soft")
    _steps(told)
    _stages(told)
    for funnel in told.funnels:
        _funnel(funnel)
    _ways_out(told)
    _pain_points(churn)


def _steps(told: Journeys) -> None:
    with el("section", classes="card plain"):
        el("h2", "From step to step")
        words = "On the left each step, on the right what came after it; the wider, the more often."
        words += " The same step once more is left out of the picture, and is in the table."
        el("p", words, "soft")
        flow_chart(told.steps)
        with table("Steps", "Step", "Taken", "Began with it", "Gone after it", "Mostly next"):
            for each in told.steps:
                row(each.step, f"{each.taken:,}", f"{each.began:,}", _gone(each), _mostly(each))
        with el("details"):
            el("summary", "All transitions as a table")
            with table("Transitions, by what was before", "Step", "Then", "Times", "Share", "Mean time between"):
                for each in told.steps:
                    for then in each.next:
                        row(each.step, then.step, f"{then.count:,}", percent(then.share), span(then.mean_seconds))
        if told.unplaced:
            el("p", f"{told.unplaced:,} touchpoints came too late for it to be known what came before them.", "soft")


def _gone(step: JourneyStep) -> str:
    """Who is gone; what was sent to them, and the leave itself, was not their last step."""
    if step.step in (Kind.CAMPAIGN, Kind.LEAVE):
        return "–"
    return f"{step.left + step.silent:,} ({step.leaving:.1%})"


def _mostly(step: JourneyStep) -> str:
    return f"{step.next[0].step} {percent(step.next[0].share)}" if step.next else "–"


def _stages(told: Journeys) -> None:
    with el("section", classes="card plain"):
        el("h2", "Stages")
        el("p", "Customers who ever came to a stage; who went on came to a later one from there.", "soft")
        with table("By stage", "Stage", "Reached", "Went on", "After", "Gone before they did", "Still here"):
            for each in told.stages:
                share = f" ({percent(each.went_on / each.reached)})" if each.reached else ""
                _barred(
                    each.stage,
                    each.reached / told.customers,
                    f"{each.reached:,}",
                    f"{each.went_on:,}{share}",
                    span(each.mean_seconds),
                    f"{each.dropped:,}",
                    f"{each.waiting:,}",
                )


def _funnel(funnel: FunnelSeen) -> None:
    begun = funnel.steps[0].reached
    with el("section", classes="card plain"):
        el("h2", f"Funnel: {funnel.name}")
        window = f" within {funnel.within}" if funnel.within else ""
        el("p", f"Customers by the first time of each step, if that was not before the one above it{window}.", "soft")
        if not begun:
            el("p", f"Nobody has come to “{funnel.steps[0].step}” yet. A step is the name of an event, or a kind.")
            return
        with table(
            "Shares have the bounds that hold them with 95%", "Step", "Customers", "Of the step before",
            "Of the first", "Mean time", "Gone here", "Still here",
        ):  # fmt: skip
            for each in funnel.steps:
                _barred(
                    each.step,
                    each.reached / begun,
                    f"{each.reached:,}",
                    _share(each.of_previous),
                    _share(each.of_first),
                    span(each.mean_seconds),
                    f"{each.dropped:,}",
                    f"{each.waiting:,}",
                )


def _ways_out(told: Journeys) -> None:
    with el("section", classes="card plain"):
        el("h2", "Ways out")
        if not told.ways_out:
            el("p", "Nobody is gone.", "soft")
            return
        el("p", "The last two steps that those who are gone took of their own.", "soft")
        with table("The most frequent first", "Last steps", "Customers", "Of those gone"):
            for way in told.ways_out:
                row(" > ".join(way.steps), f"{way.customers:,}", percent(way.customers / told.gone))


def _pain_points(churn: Churn | None) -> None:
    with el("section", classes="card plain"):
        el("h2", "Pain points")
        if churn is None or not churn.pain_points:
            el("p", "None that is sure.")
            words = "It takes predictions that have come due, of customers to whom something happened within 30 days"
            el("p", f"{words} before, and of others as recent and as frequent to compare them with.", "soft")
            return
        el("p", "What precedes leaving more often than chance would have it; the most value hurt first.", "soft")
        with table(
            "Among predictions that came due", "What happened", "Customers", "Left", "Others like them",
            "Left for it", "Value hurt", "Chance",
        ):  # fmt: skip
            for each in churn.pain_points:
                row(
                    each.name,
                    f"{each.customers:,}",
                    percent(each.churned),
                    percent(each.expected),
                    f"{each.excess:,.0f}",
                    ", ".join(f"{lost:,.0f} {currency}".strip() for currency, lost in each.value_hurt.items()) or "–",
                    f"{each.chance:.1g}",
                )


def _barred(name: str, share: float, *cells: str) -> None:
    """A row with a bar under its name."""
    with el("tr"):
        with el("th", scope="row"):
            el("span", name)
            el("div", classes="bar", aria_hidden="true").style(f"width: {share:.1%}")
        for said in cells:
            cell(said)


def _share(share: Share | None) -> str:
    return "–" if share is None else f"{percent(share.share)} ({percent(share.low)} to {percent(share.high)})"
