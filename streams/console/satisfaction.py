"""The page of satisfaction: what customers answer in surveys, how sure that is, and how it goes."""

from collections.abc import Sequence
from datetime import datetime

from schemas.population import Nps, Satisfaction, SurveyTold
from streams.console.charts import nps_chart, satisfied_chart
from streams.console.frame import el, nothing, row, table
from streams.console.words import ago, percent, survey

_SCALES = {"nps": "0 to 10", "csat": "1 to 5", "ces": "1 to 7", "rating": "1 to 5"}


def satisfaction_page(told: Satisfaction | None, days: Sequence[Satisfaction], now: datetime) -> None:
    """Put the section on the page. `days` are as each of the days that are kept ended, the oldest first."""
    if told is None:
        nothing(
            "The customers have not been counted yet",
            "A worker that learns does so soon after it has started, and again and again.",
            "ebbflow worker",
        )
        return
    if not told.surveys:
        nothing(
            "Nobody has been asked, or has answered",
            "Send Survey Sent and NPS Submitted, CSAT Submitted, CES Submitted, Rating Given or Product Reviewed, or"
            " import what a survey tool exports:",
            "ebbflow import answers.csv --as delighted",
        )
        return
    if told.nps is not None:
        _nps(told.nps, told, now)
    _surveys(told.surveys)
    _trend(days)


def _nps(nps: Nps, told: Satisfaction, now: datetime) -> None:
    asked = nps.promoters + nps.passives + nps.detractors
    with el("section", classes="card plain"):
        el("h2", f"Net Promoter Score {nps.score:+.0f}")
        el("p", f"With 95% it lies from {nps.low:+.0f} to {nps.high:+.0f}. Counted {ago(told.at, now)}.", "next")
        with table("Customers by their last answer, of the last 90 days", "", "Customers", "Share"):
            for name, count in (
                ("Promoters, 9 and 10", nps.promoters),
                ("Passives, 7 and 8", nps.passives),
                ("Detractors, 0 to 6", nps.detractors),
            ):
                row(name, f"{count:,}", percent(count / asked))


def _surveys(surveys: dict[str, SurveyTold]) -> None:
    with el("section", classes="card plain"):
        el("h2", "By kind of survey")
        with table(
            "Last answers, of the last 90 days", "", "Customers", "Mean", "Scale", "Satisfied", "Within, with 95%",
            "Better than before", "Worse",
        ):  # fmt: skip
            for name, each in surveys.items():
                mean = "–" if each.mean is None else f"{each.mean:.1f} ± {each.mean_within:.1f}"
                row(
                    survey(name), f"{each.customers:,}", mean, _SCALES[name], percent(each.satisfied),
                    f"{percent(each.satisfied_low)} to {percent(each.satisfied_high)}",
                    f"{each.better:,}", f"{each.worse:,}",
                )  # fmt: skip
        with table("Who answers, over all time", "", "Sent", "Answers", "Response rate"):
            for name, each in surveys.items():
                row(survey(name), f"{each.asked:,}", f"{each.answered:,}", percent(each.response_rate))
        if any(each.response_rate is None for each in surveys.values()):
            el("p", "There is no response rate where nobody tells who is asked: send Survey Sent.", "soft")


def _trend(days: Sequence[Satisfaction]) -> None:
    with el("section", classes="card plain"):
        el("h2", "Day by day")
        if len(days) < 2:
            el("p", "A line takes two days; the next one ends by itself.", "soft")
            return
        scored = [(day.at, day.nps) for day in days if day.nps is not None]
        shares = {name: found for name in _SCALES if len(found := _satisfied(days, name)) > 1}
        with el("div", classes="columns"):
            if len(scored) > 1:
                nps_chart(scored)
            if shares:
                satisfied_chart({survey(name): points for name, points in shares.items()})
        with el("details"):
            el("summary", "As a table")
            with table("As each day ended, the newest first", "Day", "NPS", "Within, with 95%", *map(survey, shares)):
                for day in reversed(days):
                    score = "–" if day.nps is None else f"{day.nps.score:+.0f}"
                    within = "–" if day.nps is None else f"{day.nps.low:+.0f} to {day.nps.high:+.0f}"
                    row(
                        f"{day.at:%Y-%m-%d}",
                        score,
                        within,
                        *(percent(dict(each).get(day.at)) for each in shares.values()),
                    )


def _satisfied(days: Sequence[Satisfaction], name: str) -> list[tuple[datetime, float]]:
    """The share that was satisfied by a kind of survey, of the days on which there was one."""
    told = [(day.at, day.surveys[name].satisfied) for day in days if name in day.surveys]
    return [(at, share) for at, share in told if share is not None]
