"""The page of one customer: who, how they stand and why, what they did and paid, and what to do next."""

from datetime import datetime
from urllib.parse import urlencode

from schemas.alert import AlertKind
from schemas.customer import CameFrom, Customer, Sounded
from streams.console.card import AlertCard
from streams.console.charts import churn_chart, engagement_chart
from streams.console.desk import Desk
from streams.console.frame import el, nothing, row, table
from streams.console.words import ago, figure, moment, origin, percent

_STATUSES = {
    "known": "known: nothing meaningful yet",
    "active": "active",
    "left": "has left: said so, or was told to",
    "lost": "lost: silent for too long",
}


def customer_page(desk: Desk, customer: Customer, who: str) -> None:
    """Put a customer on the page."""
    now = desk.now()
    with el("div", classes="columns"):
        _standing(customer, now)
        _next(customer)
        _who(customer, now)
    _scores(customer)
    with el("div", classes="columns"):
        _timeline(customer, now)
        _spent(customer)
    el("h2", "Alerts")
    if not customer.alerts:
        el("p", "There has been none of this customer.", "soft")
    with el("div", classes="cards"):
        for seen in customer.alerts:
            AlertCard(desk, seen, who)


def unknown(customer: str) -> None:
    """Said where nothing is known of an id."""
    nothing(
        "Nobody is known by this id",
        f"No touchpoint of “{customer}” has come in, or they were erased. Ids are told apart by capitals, and anonymous"
        " ids begin with anon: – look in the alerts, or send a touchpoint of theirs.",
    )


def _standing(customer: Customer, now: datetime) -> None:
    with el("section", classes="card plain"):
        el("h2", "How they stand")
        with el("div", classes="tags"):
            el("span", _STATUSES[customer.status], f"tag {customer.status}")
            if customer.journey_stage is not None:
                el("span", f"Furthest stage: {customer.journey_stage}")
            for segment in customer.segments:
                since = f", since {moment(segment.since)}" if segment.since is not None else ""
                el("a", f"{segment.name}{since}", href="/customers?" + urlencode({"segment": segment.name}))
        if customer.scores is None:
            el("p", _unscored(customer), "soft")
        else:
            scores = customer.scores
            with el("dl"):
                _pair("Churn risk", percent(scores.churn))
                # Before the models have seen enough, there are no bounds.
                bounds = f" ({scores.low:.1f} to {scores.high:.1f})" if scores.high > 0 else ""
                _pair("Engagement", f"{scores.engagement:.1f} expected{bounds}")
                if customer.usual_engagement is not None:
                    _pair("Usual", f"{customer.usual_engagement:.1f}")
                if scores.value is not None:
                    _pair("Worth", f"{scores.value:,.2f} {scores.currency or ''}".rstrip() + " expected")
                if scores.lifetime is not None:
                    _pair("Lifetime value", f"{scores.lifetime:,.2f} {scores.currency or ''}".rstrip())
                _pair("Scored", f"{ago(scores.at, now)}, by version {scores.model}")
            if customer.warming_up:
                el("p", "The models are warming up: they have not seen enough outcomes to raise alerts.", "soft")
        reasons = next(
            (
                each.alert.reasons
                for each in customer.alerts
                if each.alert.kind == AlertKind.CHURN_RISK and each.status == "open"
            ),
            [],
        )
        if reasons:
            el("p", "Why the risk is what it is:")
            with el("ul"):
                for each in reasons:
                    el("li", each.words)
        if customer.changes is not None:
            el("p", customer.changes.summary)


def _unscored(customer: Customer) -> str:
    if not customer.profiled:
        return "They do not agree to be scored, so they are not."
    return "There are no scores: there is nothing to score yet, or the customer is gone."


def _next(customer: Customer) -> None:
    with el("section", classes="card plain"):
        el("h2", "What to do next")
        if customer.suggestion:
            el("p", customer.suggestion, "next")
            el("p", "It is what the newest open alert suggests; say below what became of it.", "soft")
        else:
            el("p", "Nothing: no alert of this customer is open.")


def _who(customer: Customer, now: datetime) -> None:
    with el("section", classes="card plain"):
        el("h2", "Who")
        with el("dl"):
            _pair("Ids", ", ".join(customer.keys))
            for name, value in sorted(customer.traits.items()):
                _pair(name, str(value))
            _pair("First seen", f"{moment(customer.first_seen)} UTC")
            _pair("Last seen", f"{moment(customer.last_seen)} UTC, {ago(customer.last_seen, now)}")
            days = customer.active_days
            _pair("Touchpoints", f"{customer.touchpoints:,}; active on {days:,} day{'' if days == 1 else 's'}")
            if customer.channels:
                _pair("Channels", ", ".join(f"{name} {count:,}" for name, count in _most_first(customer.channels)))
            for words, visit in zip(("Came by", "And last by"), _ends(customer.visits), strict=False):
                _pair(words, f"{origin(visit.channel, visit.source, visit.campaign)}, {moment(visit.at)} UTC")
            if customer.first_bought is not None:
                _pair("First bought", f"{moment(customer.first_bought)} UTC")
            for name, survey in customer.surveys.items():
                turn = "" if survey.before is None else f", {percent(survey.before)} before"
                _pair(f"Last {name if name == 'rating' else name.upper()}", f"{percent(survey.last)} of the best{turn}")
            if customer.sentiment is not None:
                _pair("Sounds", _sounds(customer.sentiment, now))


def _sounds(sentiment: Sounded, now: datetime) -> str:
    """How the last text sounds, and all of them together."""
    last = f"{sentiment.last} {ago(sentiment.last_at, now)}"
    if sentiment.score is None:
        return f"{last}; too few rated texts were learned from to tell" if sentiment.last == "unknown" else last
    return f"{last}; {sentiment.score:+.2f} of {sentiment.texts:,} texts, from -1 to 1"


def _scores(customer: Customer) -> None:
    scores = [*customer.history]
    if customer.scores is not None and (not scores or customer.scores.at > scores[-1].at):
        scores.append(customer.scores)
    with el("section", classes="card plain"):
        el("h2", "Scores over time")
        if len(scores) < 2:
            el("p", "A line takes two predictions; the next one comes due by itself.", "soft")
            return
        with el("div", classes="columns"):
            churn_chart(scores)
            engagement_chart(scores)
        with el("details"):
            el("summary", "As a table")
            with table(
                "Predictions, the newest first", "When (UTC)", "Churn risk", "Engagement", "Low", "High", "Worth"
            ):
                for each in reversed(scores):
                    row(
                        moment(each.at),
                        percent(each.churn),
                        figure(each.engagement, 1),
                        figure(each.low, 1),
                        figure(each.high, 1),
                        figure(each.value, 2),
                    )


def _timeline(customer: Customer, now: datetime) -> None:
    with el("section", classes="card plain"):
        el("h2", "Last touchpoints", id="timeline")
        if not customer.journey:
            el("p", "None is remembered.", "soft")
            return
        with el("ol", classes="timeline", tabindex="0", aria_labelledby="timeline"):
            for step in customer.journey:
                with el("li"):
                    el("time", moment(step.at), datetime=step.at.isoformat(), title=ago(step.at, now))
                    el("span", step.name)
                    if step.kind is not None:
                        el("span", step.kind, "soft")


def _spent(customer: Customer) -> None:
    with el("section", classes="card plain"):
        el("h2", "What they paid")
        if not customer.spent:
            el("p", "Nothing yet.", "soft")
            return
        with table("By currency", "Currency", "Orders", "Revenue", "Last (UTC)"):
            for each in customer.spent:
                row(each.currency or "not said", f"{each.orders:,}", f"{each.revenue:,.2f}", moment(each.last_at))


def _ends(visits: list[CameFrom]) -> list[CameFrom]:
    """The first visit and the last, if they are two."""
    return [*visits[:1], *visits[1:][-1:]]


def _pair(name: str, value: str) -> None:
    el("dt", name)
    el("dd", value)


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: -each[1])
