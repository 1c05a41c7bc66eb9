"""The whole of Ebbflow for the SDKs: a gateway, a broker, a worker, and what came of what was sent."""

import json
import os
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from processors.kinds import KindRules
from processors.reading import read
from schemas.profile import Profile
from schemas.settings import Settings
from schemas.touch import Touch
from schemas.touchpoint import TYPES
from streams.group import committed
from streams.topics import TOUCHPOINTS
from tests.harness import records_of, wait_until
from tests.integration.working import profiles_of

_SETTLED_WITHIN = 60.0


@dataclass(frozen=True)
class World:
    """Everything that runs, for all tests. `url` is the gateway's, `pages` that of a site on another origin."""

    settings: Settings
    url: str
    pages: str
    broker: int | None
    """The process id of the broker, if it is ours to stop."""

    def published(self, customers: Collection[str]) -> list[Touch]:
        """The touchpoints of these customers on the topic, as the worker reads them; one resent comes again."""
        rules, found = KindRules(), list[Touch]()
        for record in records_of(self.settings, TOUCHPOINTS):
            # Workers put notes to each other among the touchpoints; these have types of their own.
            if record.key.decode() in customers and json.loads(record.value)["type"] in TYPES:
                found.append(read(record.value, record.timestamp / 1000, rules))
        return found

    def profile(self, customer: str) -> Profile | None:
        """The profile of a customer, if there is one."""
        return profiles_of(self.settings).get(customer)

    def folded(self, customer: str) -> int:
        """How many touchpoints the profile of a customer holds."""
        profile = self.profile(customer)
        return profile.facts.touchpoints if profile else 0

    def settle(self) -> None:
        """Wait until the workers are done with all that is on the topic, and with what they put there themselves."""
        wait_until(self._is_done, _SETTLED_WITHIN, every=0.2)

    def _is_done(self) -> bool:
        done = committed(self.settings, TOUCHPOINTS)
        # Read after what is committed: whatever a worker publishes stands there before it commits.
        return all(record.offset < done.get(record.partition, 0) for record in records_of(self.settings, TOUCHPOINTS))

    @contextmanager
    def mute(self) -> Iterator[None]:
        """A broker that takes what it is sent, and says nothing until the block ends."""
        assert self.broker is not None
        os.kill(self.broker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.broker, signal.SIGCONT)
