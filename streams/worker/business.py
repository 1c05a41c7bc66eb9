"""Gauges of the business: what the sections of the population come to, for Prometheus. Labels are bounded."""

from collections.abc import Mapping

from prometheus_client import Gauge

from processors.acquired import OTHER
from processors.population.acquisition import UNKNOWN
from processors.sources import CHANNELS
from schemas.acquisition import Acquisition
from schemas.journeys import Journeys
from schemas.population import Satisfaction, Section, SentimentTold
from schemas.segments import Segments
from schemas.value import Value

NPS = Gauge(
    "ebbflow_nps", "Net Promoter Score of the last 90 days, and the bounds that hold it with 95%.", ["bound"]
)  # fmt: skip
SATISFIED = Gauge(
    "ebbflow_satisfied_ratio", "Customers whose last answer was in the upper quarter, by kind of survey.", ["survey"]
)
SURVEYED = Gauge("ebbflow_surveyed_customers", "Customers who answered within 90 days, by kind of survey.", ["survey"])
RESPONSE = Gauge("ebbflow_survey_response_ratio", "Answers to surveys sent, by kind of survey.", ["survey"])
SOUNDING = Gauge(
    "ebbflow_sounding_customers", "Customers who wrote within 90 days, by how their last text sounds.", ["sentiment"]
)
SENTIMENT = Gauge("ebbflow_sentiment_score", "The mean of how they sound, from -1 to 1, and its bounds.", ["bound"])
FUNNEL = Gauge(
    "ebbflow_funnel_customers",
    "Customers who came to a step of a funnel, by its name and the step's number.",
    ["funnel", "step"],
)
ACQUIRED = Gauge(
    "ebbflow_acquired_customers", "Customers who bought, by the channel of their first visit.", ["channel"]
)
COST = Gauge(
    "ebbflow_cost_per_customer",
    "Marketing spending of the last twelve months by those it acquired, by channel and currency.",
    ["channel", "currency"],
)
ACQUIRED_GONE = Gauge(
    "ebbflow_acquired_churned_ratio", "Share of acquired customers who are lost or have left, by channel.", ["channel"]
)
SEGMENT = Gauge(
    "ebbflow_segment_customers",
    "Customers in each segment, by its name and by how it is told apart (lifecycle, rfm, cluster, own).",
    ["by", "segment"],
)
VALUE = Gauge(
    "ebbflow_value",
    "What customers have paid (to_date), will pay within the horizon (expected), may not pay after all (at_risk), and"
    " are still worth (lifetime), by currency.",
    ["what", "currency"],
)
TOP_FIFTH = Gauge(
    "ebbflow_value_top_fifth_ratio",
    "Share that the fifth of the customers with the most has of what was paid (to_date) and is to come (lifetime).",
    ["what", "currency"],
)
_SAID = (NPS, SATISFIED, SURVEYED, RESPONSE, SOUNDING, SENTIMENT)
_GAUGES = (SEGMENT, *_SAID, FUNNEL, ACQUIRED, COST, ACQUIRED_GONE, VALUE, TOP_FIFTH)
_CHANNELS = CHANNELS | {UNKNOWN.channel, OTHER.channel}
"""Those that have a label: who reports spending may name others, of which there is no end."""


def show(sections: Mapping[str, Section]) -> None:
    """Show these sections, and nothing of what was shown before."""
    forget()
    satisfaction = sections.get("satisfaction")
    if isinstance(satisfaction, Satisfaction):
        _show_satisfaction(satisfaction)
    sentiment = sections.get("sentiment")
    if isinstance(sentiment, SentimentTold):
        _show_sentiment(sentiment)
    journeys = sections.get("journeys")
    if isinstance(journeys, Journeys):
        _show_funnels(journeys)
    segments = sections.get("segments")
    if isinstance(segments, Segments):
        for each in segments.segments:
            SEGMENT.labels(each.by, each.name).set(each.customers)
    acquisition = sections.get("acquisition")
    if isinstance(acquisition, Acquisition):
        _show_acquisition(acquisition)
    value = sections.get("value")
    if isinstance(value, Value):
        _show_value(value)


def forget() -> None:
    """Show nothing: another process counts from now on."""
    for gauge in _GAUGES:
        gauge.clear()


def _show_satisfaction(told: Satisfaction) -> None:
    if told.nps is not None:
        for bound in ("score", "low", "high"):
            NPS.labels(bound).set(getattr(told.nps, bound))
    for name, survey in told.surveys.items():
        SURVEYED.labels(name).set(survey.customers)
        if survey.satisfied is not None:
            SATISFIED.labels(name).set(survey.satisfied)
        if survey.response_rate is not None:
            RESPONSE.labels(name).set(survey.response_rate)


def _show_sentiment(told: SentimentTold) -> None:
    for label, customers in told.last.items():
        SOUNDING.labels(label).set(customers)
    if told.score is not None:
        for bound, off in (("score", 0.0), ("low", -told.score_within), ("high", told.score_within)):
            SENTIMENT.labels(bound).set(told.score + off)


def _show_funnels(told: Journeys) -> None:
    for funnel in told.funnels:
        for number, step in enumerate(funnel.steps, 1):
            FUNNEL.labels(funnel.name, number).set(step.reached)


def _show_acquisition(told: Acquisition) -> None:
    for row in told.channels:
        if row.channel not in _CHANNELS:
            continue
        ACQUIRED.labels(row.channel).set(row.acquired)
        if row.cost is not None and row.cost.per_customer is not None:
            COST.labels(row.channel, row.cost.currency).set(row.cost.per_customer)
        if row.churn is not None:
            ACQUIRED_GONE.labels(row.channel).set(row.churn.share)


def _show_value(told: Value) -> None:
    for row in told.currencies:
        for what in ("to_date", "expected", "at_risk", "lifetime"):
            VALUE.labels(what, row.currency).set(getattr(row, what))
        for what, tenths in (("to_date", row.to_date_by_tenth), ("lifetime", row.lifetime_by_tenth)):
            if tenths:
                TOP_FIFTH.labels(what, row.currency).set(round(sum(tenths[:2]), 4))
