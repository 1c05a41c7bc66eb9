"""The alert to the operators that the world has changed: the models' loss has risen beyond chance."""

from hashlib import blake2b

from processors.learning.honesty import CHAMPION
from processors.learning.learner import Learner
from schemas.alert import Alert, AlertKind, Sureness
from schemas.outcome import Outcome


def drift_alert(learner: Learner, number: int, outcome: Outcome) -> Alert:
    """The alert about drift number `number`, from 1, which this outcome made sure of and the learner has learned from.

    It says nothing that depends on how often the learner was saved or started: learned again, it is the same alert.
    """
    # Not when the outcome falls due: one that a leave has settled does so long after.
    at = learner.until or outcome.made_at
    record = learner.honesty.records[CHAMPION]
    recent, ever = record.recent(), record.all_time()
    recent_loss, ever_loss = recent.log_loss or 0.0, ever.log_loss or 0.0
    return Alert(
        id=blake2b(f"{AlertKind.MODEL_DRIFT}\n{number}\n{outcome.id}".encode(), digest_size=12).hexdigest(),
        kind=AlertKind.MODEL_DRIFT,
        state="opened",
        customer="",
        episode=number,
        at=at,
        since=at,
        severity="warning",
        score=recent_loss,
        threshold=ever_loss,
        sureness=Sureness(probability=None, model=outcome.model, outcomes=learner.outcomes, auc=recent.auc),
        summary=(
            f"Customers behave otherwise than the models learned: the log loss of the last {recent.outcomes:,} "
            f"predictions is {recent_loss:.3f}, of all {ever.outcomes:,} it is {ever_loss:.3f}"
        ),
        suggestion=(
            "The models adapt by themselves. Look at them with `ebbflow models show`; if what was learned lately is "
            "wrong, as after faulty data, `ebbflow models rollback` goes back to an earlier version."
        ),
    )
