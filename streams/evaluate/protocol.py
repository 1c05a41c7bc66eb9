"""The protocol of an evaluation: what is predicted, when one looks, and which looks count."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from processors.decay import DAY
from processors.evaluation import snapshot_times
from schemas.kinds import MEANINGFUL
from schemas.policy import Policy
from schemas.touch import Touch
from streams.evaluate.meaning import some_of


class EvaluationError(ValueError):
    """The log cannot be evaluated like this; the message says why and what would do."""


class Protocol(NamedTuple):
    """Who was active within `activity` is predicted for the `horizon`: the first time `first` after the log began, and
    then `every` so often."""

    horizon: timedelta
    activity: timedelta
    every: timedelta
    first: timedelta

    def policy(self, base: Policy) -> Policy:
        """The policy with these spans; engagement is counted over the whole horizon."""
        spans = {"horizon": self.horizon, "activity": self.activity, "engagement_window": self.horizon}
        return base.model_copy(update=spans)

    def snapshots(self, touches: Sequence[Touch], policy: Policy) -> list[float]:
        """When the customers of a log are looked at, in epoch seconds.

        Raises:
            EvaluationError: if nothing in the log is meaningful, or it ends before any snapshot counts.
        """
        times = [touch.at for touch in touches if touch.kind in MEANINGFUL]
        if not times:
            raise EvaluationError(
                "no event in the log is meaningful, so nobody ever comes back; --meaningful says which ones are. "
                f"The log has {some_of({touch.name for touch in touches})}"
            )
        found = snapshot_times(touches, policy, self.first.total_seconds(), self.every.total_seconds())
        if not self.counting(found):
            least = self.first + 2 * self.horizon + self.every
            raise EvaluationError(
                f"the log spans {(max(times) - min(times)) / DAY:.0f} days, and has to span more than "
                f"{least / timedelta(days=1):.0f}: --first, a --horizon and --every until outcomes can have been "
                "learned from, and a --horizon more to see what came. Choose shorter ones"
            )
        return found

    def counting(self, snapshots: Sequence[float]) -> list[float]:
        """The snapshots that are scored: those late enough for a model to have seen outcomes of the first one."""
        if not snapshots:
            return []
        since = snapshots[0] + (self.horizon + self.every).total_seconds()
        return [at for at in snapshots if at >= since]
