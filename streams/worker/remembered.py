"""Profiles that a worker remembers from its last steps, so that customers met again need not be loaded again."""

from collections.abc import Iterable

from schemas.profile import Profile

MOST_BYTES = 16 * 1024 * 1024
"""Of profiles as they are written: some 17,000 of a kilobyte. Once decoded they take four to five times as much."""


class Remembered:
    """A bounded write-through cache: whoever has not been saved for longest goes first.

    It holds profiles as they were saved last. One that another worker saved meanwhile is found out when it is saved
    here, by its revision. It is bounded in bytes, since profiles grow for as long as their customers come.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._held = most, 0
        self._profiles: dict[str, tuple[Profile, int]] = {}

    def some(self, customers: Iterable[str]) -> dict[str, Profile]:
        """The profiles of those customers that are remembered, as last saved."""
        held = self._profiles
        return {customer: held[customer][0] for customer in customers if customer in held}

    def keep(self, profiles: Iterable[tuple[Profile, int]]) -> None:
        """Remember profiles that stand in Redis just so, each with its size there."""
        held = self._profiles
        for profile, size in profiles:
            self._forget(profile.customer)
            held[profile.customer] = profile, size
            self._held += size
        while self._held > self._most:
            self._forget(next(iter(held)))

    def forget(self, customers: Iterable[str]) -> None:
        """These were saved by somebody else."""
        for customer in customers:
            self._forget(customer)

    def forget_all(self) -> None:
        """What is remembered may no longer be true."""
        self._profiles.clear()
        self._held = 0

    def _forget(self, customer: str) -> None:
        _, size = self._profiles.pop(customer, (None, 0))
        self._held -= size
