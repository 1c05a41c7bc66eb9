"""Prometheus metrics of a worker. No customer ids in labels."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from prometheus_client import Counter, Gauge, Histogram

from schemas.alert import AlertKind
from schemas.judgements import Label
from schemas.rejected import RejectionCode

TOUCHPOINTS = Counter(
    "ebbflow_touchpoints",
    "Touchpoints read, by kind, source (the channel that the customer was met in) and result (folded, repeated,"
    " rejected, withheld, erased); of what was not folded neither is told.",
    ["kind", "source", "result"],
)
NOTES = Counter("ebbflow_notes", "Notes left for other keys of the same person, by kind.", ["note"])
PROFILES = Counter("ebbflow_profiles", "Customers seen for the first time.")
ALERTS = Counter("ebbflow_alerts", "Alerts published, by kind and state.", ["kind", "state"])
OUTCOMES = Counter("ebbflow_outcomes", "Outcomes published, by whether the customer churned.", ["churned"])
REJECTED = Counter("ebbflow_rejected", "Records that could not be read or folded, by reason.", ["code"])
LAG = Gauge("ebbflow_lag_seconds", "How far a partition's touchpoints are worked on behind the clock.", ["partition"])
LAG_RECORDS = Gauge(
    "ebbflow_lag_records", "Records of a partition that are not done yet, as of its last fetch.", ["topic", "partition"]
)
BATCH_RECORDS = Histogram(
    "ebbflow_batch_records", "Records in a batch.", buckets=(1, 10, 50, 100, 500, 1000, 2000, 4000, 10_000)
)
BATCH_SECONDS = Histogram(
    "ebbflow_batch_seconds",
    "Time spent on each step of a batch; to advance and to save, of each hundred or so of its customers.",
    ["step"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
REDIS_ERRORS = Counter("ebbflow_redis_errors", "Calls to Redis that failed.")
BROKER_ERRORS = Counter("ebbflow_broker_errors", "Sends to Kafka that failed.")
RETRIES = Counter("ebbflow_retries", "Steps tried again after a failure, by whose it was (redis, broker).", ["after"])
REDIS_USED = Gauge("ebbflow_redis_used_memory_bytes", "Memory that Redis uses, as it says; 0 until asked.")
REDIS_MAX = Gauge("ebbflow_redis_max_memory_bytes", "Memory that Redis may use; 0 when it has no limit of its own.")
SAVE_CONFLICTS = Counter("ebbflow_save_conflicts", "Profiles that another writer had saved first.")
MODEL_OUTCOMES = Counter("ebbflow_model_outcomes", "Outcomes that this process has learned from.")
RATED_TEXTS = Counter("ebbflow_rated_texts", "Texts with a rating that this process has learned sentiment from.")
SENTIMENT_ACCURACY = Gauge(
    "ebbflow_sentiment_accuracy_ratio",
    "Share of recent rated texts that were heard right before they were learned from, beside always the commonest.",
    ["model"],
)
SENTIMENT_SPEAKS = Gauge(
    "ebbflow_sentiment_speaks", "1 once enough was learned to say how texts without a rating sound."
)
TEXTS_HEARD = Counter("ebbflow_texts_heard", "Customers' texts, by how they sound.", ["sentiment"])
MODEL_AUC = Gauge("ebbflow_model_auc", "Prequential AUC of recent outcomes: the model beside its baselines.", ["model"])
MODEL_LOG_LOSS = Gauge("ebbflow_model_log_loss", "Prequential log loss of recent outcomes.", ["model"])
MODEL_BRIER = Gauge("ebbflow_model_brier", "Prequential Brier score of recent outcomes.", ["model"])
MODEL_CALIBRATION_ERROR = Gauge(
    "ebbflow_model_calibration_error", "Expected calibration error of recent outcomes, in ten bins.", ["model"]
)
MODEL_PRECISION_TOP = Gauge(
    "ebbflow_model_precision_top_ratio",
    "Churn rate among the twentieth of recent outcomes that scored highest.",
    ["model"],
)
MODEL_COVERAGE = Gauge(
    "ebbflow_model_engagement_coverage_ratio", "Share of recent outcomes within the 90% engagement interval."
)
MODEL_CHAMPION = Gauge("ebbflow_model_champion", "1 for the model that has the say, 0 for the others.", ["model"])
MODEL_DRIFTS = Gauge("ebbflow_model_drifts", "How often the world turned out to have changed.")
MODEL_VERSION = Gauge("ebbflow_model_version", "Version of the model this process uses.")
MODEL_WARM = Gauge("ebbflow_model_warm", "1 once the model has seen enough outcomes of both classes to act on.")
RULES = Gauge("ebbflow_rules", "Alert rules of your own that this worker follows.")
RULES_LOADED_AT = Gauge("ebbflow_rules_loaded_timestamp_seconds", "When these rules were read.")
RULES_REFUSED = Gauge(
    "ebbflow_rules_refused", "1 while ebbflow.toml has been changed to something wrong, and older rules go on."
)
CUSTOMERS = Gauge(
    "ebbflow_customers", "Customers by where they stand (known, active, left, lost), at the last census.", ["status"]
)
ACTIVE_CUSTOMERS = Gauge(
    "ebbflow_active_customers",
    "Active customers by churn risk (high from churn_opens on, middling from churn_closes on, low, unknown while the"
    " model warms up), at the last census.",
    ["risk"],
)
ENGAGED_CUSTOMERS = Gauge(
    "ebbflow_engaged_customers",
    "Active customers by how many meaningful touchpoints are expected of them within the engagement window.",
    ["expected"],
)
VALUE_AT_RISK = Gauge(
    "ebbflow_value_at_risk",
    "Revenue expected within the horizon of customers at high risk, times that risk, by currency.",
    ["currency"],
)
OPEN_ALERTS = Gauge("ebbflow_open_alerts", "Customers' alerts that are open, by kind, at the last census.", ["kind"])
CENSUS_AT = Gauge("ebbflow_census_timestamp_seconds", "When the last census by this process ended; 0 for never.")
CENSUS_SECONDS = Gauge("ebbflow_census_seconds", "How long it took.")

# A counter that first appears at 1 shows no increase, so each series is there from the start.
for kind in AlertKind:
    for state in ("opened", "closed"):
        ALERTS.labels(kind, state)
for churned in ("true", "false"):
    OUTCOMES.labels(churned)
for note in ("handover", "absorb", "forward"):
    NOTES.labels(note)
for code in RejectionCode:
    REJECTED.labels(code)
for whose in ("redis", "broker"):
    RETRIES.labels(whose)
for sentiment in get_args(Label):
    TEXTS_HEARD.labels(sentiment)


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Time a step of a batch."""
    begun = time.perf_counter()
    yield
    BATCH_SECONDS.labels(step).observe(time.perf_counter() - begun)
