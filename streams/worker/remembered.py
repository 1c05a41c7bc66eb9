"""Profiles that a worker remembers from its last steps, so that customers met again need not be loaded again."""

from collections.abc import Iterable

from schemas.profile import Profile

MOST_REMEMBERED = 20_000
"""Profiles; some 4 KB each, once decoded."""


class Remembered:
    """A bounded write-through cache: whoever has not been met for longest goes first.

    It holds profiles as they were saved last. One that another worker saved meanwhile is found out when it is saved
    here, by its revision.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._profiles: dict[str, Profile] = {}

    def some(self, customers: Iterable[str]) -> dict[str, Profile]:
        """The profiles of those customers that are remembered, as last saved."""
        held = self._profiles
        return {customer: held[customer] for customer in customers if customer in held}

    def keep(self, profiles: Iterable[Profile]) -> None:
        """Remember profiles that stand in Redis just so."""
        held = self._profiles
        for profile in profiles:
            held.pop(profile.customer, None)
            held[profile.customer] = profile
        for customer in list(held)[: max(0, len(held) - self._most)]:
            del held[customer]

    def forget(self, customers: Iterable[str]) -> None:
        """These were saved by somebody else."""
        for customer in customers:
            self._profiles.pop(customer, None)

    def forget_all(self) -> None:
        """What is remembered may no longer be true."""
        self._profiles.clear()
