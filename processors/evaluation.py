"""Evaluation: a log is lived through once more, on its own clock, by the same steps as live, and scored by what came.

Snapshots are taken on the way. What a snapshot says was said by a model that had learned from nothing but outcomes
whose time had come by then, so no future can leak into it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from processors.advance import Step
from processors.decay import DAY
from processors.features import extract
from processors.learning.learner import Learner
from processors.living import Living
from processors.scoring import score
from schemas.judgements import Scores
from schemas.kinds import MEANINGFUL
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Touch

_SERVE_EVERY = 200
"""Outcomes after which the models are served anew: live, this is a matter of seconds."""
_time_of = attrgetter("at")


@dataclass(frozen=True)
class Snapshot:
    """What was said of every customer active at a moment (epoch seconds)."""

    at: float
    scores: dict[str, Scores]


def snapshot_times(touches: Sequence[Touch], policy: Policy, first: float, every: float) -> list[float]:
    """Midnights (UTC) from `first` seconds after the day of the first meaningful touch on, `every` so many seconds, as
    long as the horizon ends within the log."""
    times = [touch.at for touch in touches if touch.kind in MEANINGFUL]
    if not times:
        return []
    start, end = min(times) // DAY * DAY, max(times) // DAY * DAY
    at, found = start + first, []
    while at + policy.seconds.horizon <= end:
        found.append(at)
        at += every
    return found


class Evaluation:
    """One pass over a log. `profiles` are as of the snapshot that was given last."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._learner = Learner()
        self._living = Living(policy, self._learn)
        self._learned = 0

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Of all customers so far."""
        return self._living.profiles

    def run(
        self, touches: Iterable[Touch], snapshots: Sequence[float], progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Snapshot]:
        """Give the snapshots, at times in ascending order; the touches are in the order of time, and `progress` hears
        how many were taken."""
        waiting, done = list(snapshots), 0
        for at, group in groupby(touches, key=_time_of):
            while waiting and waiting[0] < at:
                yield self._look(waiting.pop(0))
            if not waiting:
                # What comes after the last snapshot is asked by nobody.
                return
            together = list(group)
            self._living.take(together, at)
            done += len(together)
            progress(done)
        while waiting:
            yield self._look(waiting.pop(0))

    def _look(self, at: float) -> Snapshot:
        self._living.wait(at)
        self._serve()
        since = at - self._policy.seconds.activity
        said = {
            customer: score(profile.facts, extract(profile.facts, at), at, self._living.models, self._policy)
            for customer, profile in self.profiles.items()
            if profile.facts.last_meaningful > since
        }
        return Snapshot(at, said)

    def _learn(self, step: Step) -> None:
        for trial in step.trials:
            self._learner.bandit.learn(trial)
        for outcome in step.outcomes:
            self._learner.learn(outcome)
            self._learned += 1
        if self._learned >= _SERVE_EVERY:
            self._serve()

    def _serve(self) -> None:
        if self._learned:
            self._living.models = self._learner.serve()
            self._learned = 0
