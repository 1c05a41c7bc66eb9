"""Ebbflow's predictions of churn beside batch models refitted with hindsight, under the same protocol.

    python -m benchmarks.learning LOG [the options of `ebbflow evaluate`]

Ebbflow sees each event once. The batch models are refitted at every snapshot that counts on all earlier ones whose
labels are mature by then, with the same 20 features; they are as scikit-learn makes them, not tuned. They take
scikit-learn: `pip install -e '.[benchmarks]'`.
"""

import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.machine import calibrate
from benchmarks.results import Finding, report
from processors.decay import DAY
from processors.evaluation import Evaluation
from processors.features import ACTIVE_DAYS, RECENCY, extract
from processors.learning.habit import Habit, Summary
from processors.learning.inputs import history
from processors.learning.measures import area, mean_log_loss
from schemas.policy import Policy
from schemas.settings import load_settings
from schemas.touch import Touch
from streams.cli.evaluate import (
    Activity,
    Customer,
    Event,
    EventName,
    Every,
    First,
    Horizon,
    LogFile,
    Meaningful,
    Revenue,
    Time,
    read_log,
)
from streams.evaluate.protocol import EvaluationError, Protocol
from streams.evaluate.truth import Truth
from streams.replay.columns import Columns

Scores = Sequence[float]


class Look(NamedTuple):
    """A snapshot: features and labels of everyone active, and what Ebbflow said."""

    at: float
    features: np.ndarray
    churned: Sequence[bool]
    said: Scores


class Method(NamedTuple):
    """A way to predict a look from those before it whose labels are mature; some only rank."""

    name: str
    predict: Callable[[Sequence[Look], Look, float], Scores]
    probabilities: bool = True


def constant(mature: Sequence[Look], look: Look, horizon: float) -> Scores:
    """The churn rate of the latest mature look, for everyone."""
    churned = mature[-1].churned
    return [sum(churned) / len(churned)] * len(look.churned)


def recency(mature: Sequence[Look], look: Look, horizon: float) -> Scores:
    """How long each has been silent."""
    return look.features[:, RECENCY].tolist()


def minus_frequency(mature: Sequence[Look], look: Look, horizon: float) -> Scores:
    """Who was active on fewer days is likelier to go."""
    return (-look.features[:, ACTIVE_DAYS]).tolist()


def habit(mature: Sequence[Look], look: Look, horizon: float) -> Scores:
    """BG/NBD's probability of no active day within the horizon (days), refitted."""
    sample = [
        Summary(*history(row), gone) for each in mature for row, gone in zip(each.features, each.churned, strict=True)
    ]
    fitted = Habit().refitted(sample, horizon)
    return [fitted.stays_away(*history(row), horizon) for row in look.features]


def batch(make: Callable[[], object]) -> Callable[[Sequence[Look], Look, float], Scores]:
    """A classifier of scikit-learn, refitted."""

    def predict(mature: Sequence[Look], look: Look, horizon: float) -> Scores:
        model = make()
        model.fit(np.vstack([each.features for each in mature]), list(chain.from_iterable(e.churned for e in mature)))
        return model.predict_proba(look.features)[:, 1].tolist()

    return predict


METHODS = (
    Method("constant", constant),
    Method("recency", recency, probabilities=False),
    Method("minus frequency", minus_frequency, probabilities=False),
    Method("BG/NBD, refitted", habit),
    Method(
        "batch logistic regression",
        batch(lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))),
    ),
    Method("batch gradient boosting", batch(lambda: HistGradientBoostingClassifier(random_state=1))),
)


def looks_of(touches: Sequence[Touch], policy: Policy, snapshots: Sequence[float]) -> tuple[list[Look], float]:
    """Live the log through; what was seen at each snapshot, and the CPU seconds that Ebbflow took for it."""
    truth, evaluation, looks = Truth(touches, policy), Evaluation(policy), []
    ours, begun = 0.0, time.process_time()
    for snapshot in evaluation.run(touches, snapshots):
        ours += time.process_time() - begun
        came = truth.at(snapshot.at)
        facts = (evaluation.profiles[customer].facts for customer in came)
        looks.append(
            Look(
                at=snapshot.at,
                features=np.array([extract(each, snapshot.at) for each in facts]),
                churned=[moment.churned for moment in came.values()],
                said=[snapshot.scores[customer].churn for customer in came],
            )
        )
        begun = time.process_time()
    return looks, ours


def main(
    file: LogFile,
    customer: Customer,
    time: Time,
    horizon: Horizon,
    activity: Activity,
    every: Every,
    first: First,
    event: Event = None,
    event_name: EventName = None,
    revenue: Revenue = None,
    meaningful: Meaningful = None,
) -> None:
    """Compare on one log and print the table."""
    settings, protocol = load_settings(), Protocol(horizon, activity, every, first)
    policy = protocol.policy(settings.policy)
    columns = Columns(customer, time, event, event_name, revenue)
    touches = read_log(Console(stderr=True), file, columns, meaningful, settings)
    try:
        snapshots = protocol.snapshots(touches, policy)
    except EvaluationError as error:
        raise typer.BadParameter(str(error)) from None
    counting = set(protocol.counting(snapshots))
    before = calibrate()
    looks, ours = looks_of(touches, policy, snapshots)
    scored = [look for look in looks if look.at in counting]
    results = [("Ebbflow", [look.said for look in scored], True, ours)]
    for method in METHODS:
        # On several threads they spend most of their time waiting for each other where others are at work.
        with threadpool_limits(1):
            said, seconds = compare(method, looks, scored, policy.seconds.horizon)
        results.append((method.name, said, method.probabilities, seconds))
    table = Table("method", "AUC", "log loss", "CPU seconds", title=file.name, title_style="")
    findings = []
    for name, said, probabilities, seconds in results:
        auc, loss = measure(scored, said)
        table.add_row(name, f"{auc:.4f}", f"{loss:.4f}" if probabilities else "", f"{seconds:.1f}")
        findings += [Finding(name, "auc", auc, ""), Finding(name, "cpu", seconds, "s")]
        if probabilities:
            findings.append(Finding(name, "log loss", loss, ""))
    rows = sum(len(look.churned) for look in scored)
    rate = sum(sum(look.churned) for look in scored) / rows
    notes = [f"{len(touches):,} touchpoints; {len(scored)} snapshots, {rows:,} predictions, {rate:.3f} churned"]
    report(f"learning, {file.name}", table, findings, (before + calibrate()) / 2, notes)


def compare(
    method: Method, looks: Sequence[Look], scored: Sequence[Look], horizon: float
) -> tuple[list[Scores], float]:
    """What a method says at each look that is scored, and the CPU seconds that it took; `horizon` in seconds."""
    said, begun = [], time.process_time()
    for look in scored:
        mature = [each for each in looks if each.at + horizon <= look.at]
        said.append(method.predict(mature, look, horizon / DAY))
    return said, time.process_time() - begun


def measure(scored: Sequence[Look], said: Sequence[Scores]) -> tuple[float, float]:
    """Mean AUC within the looks, and log loss over all predictions."""
    areas = [area(scores, look.churned) for look, scores in zip(scored, said, strict=True)]
    known = [found for found in areas if found is not None]
    together = list(chain.from_iterable(said)), list(chain.from_iterable(look.churned for look in scored))
    return sum(known) / len(known), mean_log_loss(*together)


if __name__ == "__main__":
    typer.run(main)
