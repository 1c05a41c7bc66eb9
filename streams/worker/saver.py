"""Saving what came of a step, and publishing what there is to say of it.

Redis answers nobody while it saves, so a step is saved a portion of its customers after the other, and look-ups come in
between. The position in the log goes with the last portion: after a crash between two, those who were saved are known
by the offsets in their profiles, and the rest is done again. What all of them have to say waits in Redis until the last
is saved, and is published at once: a wait for the broker costs as much for a few messages as for many.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from processors.advance import Step
from processors.budget import Budget
from schemas.profile import Profile
from schemas.rejected import Rejected
from streams.store.partitions import Loaded, Message, PartitionStore, Saved, SpentError, Standing
from streams.tracing import TraceOf
from streams.worker.messages import messages_of
from streams.worker.metrics import timed
from streams.worker.patience import Patience
from streams.worker.publisher import Publishing

AT_ONCE = 100
"""Customers that are saved in one go: some three milliseconds of Redis' time, where it has a processor to itself."""
_TRY_AGAIN = 3600.0
"""Seconds after which a timer that could not be handled is tried again."""


@dataclass
class Advanced:
    """What came of the customers of a step: whose touchpoints cannot be folded, and who asked the budget."""

    steps: dict[str, Step]
    refused: list[Rejected]
    asked: list[str]


Again = Callable[[Collection[str], Budget], Awaitable[Advanced]]
"""Advances some of a step's customers again, who ask another budget."""


class Saver:
    """Saves and publishes for all partitions of a worker."""

    def __init__(self, store: PartitionStore, publisher: Publishing, patience: Patience) -> None:
        self._store, self._publisher, self._patience = store, publisher, patience
        self._published: dict[int, str] = {}

    def published(self, partition: int) -> str:
        """The last step of the partition whose messages are known to be published."""
        return self._published.get(partition, "")

    async def say(self, partition: int, step: str, messages: Sequence[Message]) -> None:
        """Publish what there is to say since a step before this one, unless that was done, and wait for the broker."""
        if messages and self._published.get(partition) != step:
            await self._patience(partial(self._publisher.say, messages))
            self._published[partition] = step

    async def save(
        self,
        partition: int,
        loaded: Loaded,
        offers: int,
        advanced: Advanced,
        reached: Standing,
        trace_of: TraceOf,
        again: Again,
    ) -> AsyncIterator[tuple[Mapping[str, Step], Saved]]:
        """Save and publish a step that was loaded when the budget had seen so many `offers`, and that has come to
        `reached`. Gives what came of each portion as soon as it is saved, before anything is published; the partition
        stays where it was if any of them was not saved whole.

        Raises:
            MovedError: if somebody else works on the partition; nothing of the portion was saved then.
        """
        standing, whole, said = loaded.standing, True, list[Message]()
        portions = [*_portions(advanced)]
        for place, portion in enumerate(portions, 1):
            is_last = place == len(portions)
            budget = loaded.budget if advanced.asked else None
            while True:
                steps = {name: advanced.steps[name] for name in portion}
                timers = _timers(loaded, steps, reached.time)
                if is_last:
                    timers |= dict.fromkeys(loaded.erased, 0.0)
                messages = {} if self._publisher.silent else _messages(steps, reached.time, trace_of)
                to = reached if is_last and whole else loaded.standing
                save = partial(
                    self._store.save, partition, standing, to.position, to.time, changed(loaded.profiles, steps),
                    timers, messages, (offers, budget) if budget and advanced.asked else None, loaded.erasures,
                    place > 1,
                )  # fmt: skip
                try:
                    with timed("save"):
                        saved = await self._patience(save)
                    break
                except SpentError as error:
                    budget, offers = error.budget, error.budget.offers
                    other = await again(advanced.asked, budget)
                    await self._patience(partial(self._publisher.rejected, other.refused))
                    advanced.steps.update(other.steps)
                    advanced.asked = other.asked
            standing, whole, advanced.asked = saved.standing, whole and not saved.conflicts, []
            yield steps, saved
            said += [message for name, each in messages.items() if name not in saved.conflicts for message in each]
        # Whoever comes next does it if this worker dies before it is done.
        with timed("publish"):
            await self.say(partition, standing.step, said)


def changed(loaded: Mapping[str, Profile], steps: Mapping[str, Step]) -> list[Profile]:
    """The profiles that are another than was loaded."""
    return [step.profile for customer, step in steps.items() if step.profile is not loaded[customer]]


def _portions(advanced: Advanced) -> Iterator[list[str]]:
    """The customers of a step in portions, at least one. Who asked the budget is saved together with it, so all of
    them are in the first, whatever their number."""
    asked = set(advanced.asked)
    names = iter([*asked, *(name for name in advanced.steps if name not in asked)])
    yield [*islice(names, max(AT_ONCE, len(asked)))]
    while portion := [*islice(names, AT_ONCE)]:
        yield portion


def _timers(loaded: Loaded, steps: Mapping[str, Step], now: float) -> dict[str, float]:
    """The timers to write: those that changed, and every one that fired, since it must not fire for ever."""
    timers, due = dict[str, float](), set(loaded.due)
    for customer, step in steps.items():
        timer = step.profile.judgements.timer
        if customer in due and 0 < timer <= now:
            timer = now + _TRY_AGAIN
        if customer in due or timer != loaded.profiles[customer].judgements.timer:
            timers[customer] = timer
    return timers


def _messages(steps: Mapping[str, Step], now: float, trace_of: TraceOf) -> dict[str, list[Message]]:
    return {
        customer: messages_of(step, now, trace_of(customer))
        for customer, step in steps.items()
        if step.alerts or step.outcomes or step.trials or step.texts or step.notes
    }
