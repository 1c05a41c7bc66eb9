"""Living a log through once more, and writing down what was said on the way."""

import csv
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from processors.evaluation import Evaluation
from schemas.policy import Policy
from schemas.touch import Touch
from streams.evaluate.judged import Judged, judge
from streams.evaluate.protocol import EvaluationError, Protocol
from streams.evaluate.summary import Summary, summarize
from streams.evaluate.truth import Truth
from streams.evaluate.words import day_of

PREDICTIONS = ("customer_id", "as_of", "churn_risk")


def evaluate(
    touches: Sequence[Touch],
    protocol: Protocol,
    base: Policy,
    predictions: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[list[Judged], Summary]:
    """Every snapshot judged, and all that count together.

    `predictions` is a CSV file that is written along the way, with a row for every active customer at each snapshot.
    `progress` hears how many touches were taken.

    Raises:
        EvaluationError: if the log is too short, nothing in it is meaningful, or nobody is there when it counts.
    """
    policy = protocol.policy(base)
    times = protocol.snapshots(touches, policy)
    counting, truth, judged = set(protocol.counting(times)), Truth(touches, policy), []
    with ExitStack() as opened:
        rows = None
        if predictions is not None:
            file = opened.enter_context(predictions.open("w", newline="", encoding="utf-8"))
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(PREDICTIONS)
        for snapshot in Evaluation(policy).run(touches, times, progress):
            if rows is not None:
                as_of = day_of(snapshot.at)
                rows.writerows((customer, as_of, said.churn) for customer, said in snapshot.scores.items())
            judged.append(judge(snapshot.at, snapshot.at in counting, snapshot.scores, truth.at(snapshot.at)))
    if not any(each.said for each in judged if each.counts):
        raise EvaluationError("nobody is active at any snapshot that counts: choose a longer --activity")
    return judged, summarize(judged, money=len(truth.currencies) == 1)
