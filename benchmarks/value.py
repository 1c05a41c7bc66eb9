"""What customers will pay, by Ebbflow and by batch methods refitted with hindsight, under the same protocol.

    python -m benchmarks.value LOG [the options of `ebbflow evaluate`] [--lifetime 180d]

At each snapshot everyone active is told what they will pay within the horizon, and, by the lifetime value with neither
discount nor margin, within a longer time. Ebbflow sees each event once. BG/NBD and Gamma-Gamma are fitted at every
snapshot to what all customers did until then (Fader, Hardie and Lee, 2005; Fader and Hardie, 2013); the Poisson
regression of scikit-learn, with Ebbflow's features, to what came of earlier snapshots (`pip install -e
'.[benchmarks]'`). A customer's own mean is what they paid a day since the first one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import spearmanr
from sklearn.linear_model import PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.machine import calibrate
from benchmarks.results import Finding, report
from processors.decay import DAY
from processors.evaluation import Evaluation
from processors.features import extract
from processors.learning.daily_spend import GammaGamma
from processors.learning.habit import Habit
from schemas.duration import format_duration, parse_duration
from schemas.kinds import MEANINGFUL
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

_BOUND = 8.0
"""Logarithms of parameters are kept within it."""


class Past(NamedTuple):
    """A customer's history: active days after the first, days from the first to the last of them and to the moment, and
    what was paid, in all and after the first day."""

    repeats: float
    recency: float
    age: float
    spent: float
    spent_again: float


class Look(NamedTuple):
    """A snapshot: the history of everybody, and of those who were active, in the same order, their histories, features,
    what Ebbflow said, and what came within the horizon and within the longer time; none where the log ends before."""

    at: float
    everybody: Sequence[Past]
    active: Sequence[Past]
    features: np.ndarray
    said: Sequence[float]
    said_lifetime: Sequence[float]
    came: np.ndarray
    came_lifetime: np.ndarray | None


class Ledger:
    """What customers paid when, by the log."""

    def __init__(self, touches: Sequence[Touch]) -> None:
        self._paid = defaultdict[str, list[tuple[float, float]]](list)
        for touch in touches:
            if touch.kind in MEANINGFUL:
                self._paid[touch.customer].append((touch.at, touch.amount or 0.0))

    def at(self, at: float) -> Mapping[str, Past]:
        """Everyone who had been active by then."""
        found = {}
        for customer, paid in self._paid.items():
            until = [(int(time // DAY), amount) for time, amount in paid if time <= at]
            if until:
                first, last = until[0][0], until[-1][0]
                found[customer] = Past(
                    repeats=len({day for day, _ in until}) - 1.0,
                    recency=float(last - first),
                    age=at / DAY - first,
                    spent=sum(amount for _, amount in until),
                    spent_again=sum(amount for day, amount in until if day > first),
                )
        return found


def habit_of(everybody: Sequence[Past]) -> Habit:
    """BG/NBD by maximum likelihood of the histories (Fader, Hardie and Lee, 2005, equation 6)."""
    x, recency, age = np.array([each[:3] for each in everybody]).T

    def loss(logarithms: np.ndarray) -> float:
        r, alpha, a, b = np.exp(np.clip(logarithms, -_BOUND, _BOUND))
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stays = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        alive = -(r + x) * np.log(alpha + age)
        gone = np.log(a) - np.log(b + np.maximum(x, 1.0) - 1.0) - (r + x) * np.log(alpha + recency)
        return -float(np.mean(rate + stays + np.logaddexp(alive, np.where(x > 0, gone, -np.inf))))

    found = minimize(loss, (-1.0, 3.0, 0.0, 1.0), method="Nelder-Mead", options={"maxiter": 2_000})
    return Habit(*(float(value) for value in np.exp(np.clip(found.x, -_BOUND, _BOUND))))


def bg_nbd(look: Look, spans: Sequence[float]) -> list[list[float]]:
    """BG/NBD times Gamma-Gamma, fitted as published: to what customers spent on the days after the first."""
    habit = habit_of(look.everybody)
    again = [each for each in look.everybody if each.spent_again > 0.0]
    spend = GammaGamma().refitted([p.repeats for p in again], [p.spent_again / p.repeats for p in again])
    days = [[habit.expected(*past[:3], span) for past in look.active] for span in spans]
    worth = [spend.expected(p.repeats, p.spent_again / p.repeats if p.repeats else 0.0) for p in look.active]
    return [[count * each for count, each in zip(counts, worth, strict=True)] for counts in days]


def own_mean(look: Look, spans: Sequence[float]) -> list[list[float]]:
    """What each paid a day until now."""
    return [[span * past.spent / max(past.age, 1.0) for past in look.active] for span in spans]


def poisson(mature: Sequence[Look], look: Look) -> list[float]:
    """A Poisson regression of what came of earlier snapshots, in units of their mean."""
    came = np.concatenate([each.came for each in mature])
    model = make_pipeline(StandardScaler(), PoissonRegressor(alpha=1e-3, max_iter=1_000))
    model.fit(np.vstack([each.features for each in mature]), came / came.mean())
    return (came.mean() * model.predict(look.features)).tolist()


def looks_of(touches: Sequence[Touch], policy: Policy, snapshots: Sequence[float]) -> list[Look]:
    """Live the log through, and note what was said and came at each snapshot."""
    evaluation, ledger, truth = Evaluation(policy), Ledger(touches), Truth(touches, policy)
    longer = Truth(touches, policy.model_copy(update={"horizon": policy.lifetime}))
    ends, looks = touches[-1].at // DAY * DAY, []
    for snapshot in evaluation.run(touches, snapshots):
        at, came, pasts = snapshot.at, truth.at(snapshot.at), ledger.at(snapshot.at)
        scores = [snapshot.scores[customer] for customer in came]
        later = longer.at(at) if at + policy.seconds.lifetime <= ends else None
        looks.append(
            Look(
                at=at,
                everybody=list(pasts.values()),
                active=[pasts[customer] for customer in came],
                features=np.array([extract(evaluation.profiles[customer].facts, at) for customer in came]),
                said=[each.value or 0.0 for each in scores],
                said_lifetime=[each.lifetime or 0.0 for each in scores],
                came=np.array([moment.revenue for moment in came.values()]),
                came_lifetime=None if later is None else np.array([later[customer].revenue for customer in came]),
            )
        )
    return looks


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
    lifetime: Annotated[
        timedelta, typer.Option(parser=parse_duration, metavar="DURATION", help="The longer time.")
    ] = "180d",  # type: ignore[assignment]
) -> None:
    """Compare on one log and print the table."""
    settings, protocol = load_settings(), Protocol(horizon, activity, every, first)
    policy = protocol.policy(settings.policy).model_copy(update={"lifetime": lifetime, "discount": 0.0, "margin": 1.0})
    columns = Columns(customer, time, event, event_name, revenue)
    touches = read_log(Console(stderr=True), file, columns, meaningful, settings)
    try:
        snapshots = protocol.snapshots(touches, policy)
    except EvaluationError as error:
        raise typer.BadParameter(str(error)) from None
    counting = set(protocol.counting(snapshots))
    before = calibrate()
    looks = looks_of(touches, policy, snapshots)
    scored = [look for look in looks if look.at in counting]
    spans = [policy.seconds.horizon / DAY, policy.seconds.lifetime / DAY]
    with threadpool_limits(1):
        fitted, own = [bg_nbd(look, spans) for look in scored], [own_mean(look, spans) for look in scored]
        mature = [[each for each in looks if each.at + policy.seconds.horizon <= look.at] for look in scored]
        regressed = [poisson(earlier, look) for earlier, look in zip(mature, scored, strict=True)]
    table = Table("revenue of the next", "method", "MAE", "rank correlation", "expected / real", title=file.name)
    table.title_style = ""
    findings = list[Finding]()

    def row(span: timedelta, name: str, said: Sequence[Sequence[float]], came: Sequence[np.ndarray | None]) -> None:
        known = [(np.array(each), real) for each, real in zip(said, came, strict=True) if real is not None]
        if not known:
            return
        error = float(np.mean([np.abs(each - real).mean() for each, real in known]))
        rank = float(np.mean([spearmanr(each, real).statistic for each, real in known]))
        total = sum(each.sum() for each, _ in known) / sum(real.sum() for _, real in known)
        when = format_duration(span)
        table.add_row(when, name, f"{error:.2f}", f"{rank:.4f}", f"{total:.3f}")
        findings.extend(
            Finding(name, f"{metric}, {when}", value, unit)
            for metric, value, unit in (("MAE", error, "money"), ("rank", rank, ""), ("total", total, ""))
        )

    came = [look.came for look in scored]
    row(horizon, "Ebbflow", [look.said for look in scored], came)
    row(horizon, "BG/NBD x Gamma-Gamma", [each[0] for each in fitted], came)
    row(horizon, "own mean so far", [each[0] for each in own], came)
    row(horizon, "batch Poisson regression", regressed, came)
    later = [look.came_lifetime for look in scored]
    row(lifetime, "Ebbflow's lifetime value", [look.said_lifetime for look in scored], later)
    row(lifetime, "BG/NBD x Gamma-Gamma", [each[1] for each in fitted], later)
    row(lifetime, "own mean so far", [each[1] for each in own], later)
    rows, longer = sum(len(each) for each in came), sum(each is not None for each in later)
    notes = [
        f"{len(touches):,} touchpoints; {len(scored)} snapshots, {rows:,} predictions; the longer time at {longer}"
    ]
    report(f"value, {file.name}", table, findings, (before + calibrate()) / 2, notes)


if __name__ == "__main__":
    typer.run(main)
