"""Concentration: what share of a whole the tenth of customers with the most has, and each tenth after it, in bounded
room (Lorenz, 1905).

Amounts are put into classes that grow by an eightieth part, and of each class it is known how many there are and what
they come to. Where a tenth ends within a class, its members count alike, so a share is wrong by no more than an
eightieth of what that class has.
"""

from collections import Counter
from math import floor, log

TENTHS = 10
_CLASS = log(1.0 + 1.0 / 80.0)
_CENT = 100
_NOTHING = -1


class Concentration:
    """Amounts of money, one a customer; what is below a hundredth counts as nothing."""

    def __init__(self) -> None:
        self.count = 0
        self._counts, self._sums = Counter[int](), Counter[int]()

    def add(self, amount: float) -> None:
        """Count a customer's."""
        self.count += 1
        # In whole hundredths, so that the order in which customers come does not show in the sums.
        cents = max(0, round(_CENT * amount))
        place = floor(log(cents) / _CLASS) if cents else _NOTHING
        self._counts[place] += 1
        self._sums[place] += cents

    def tenths(self) -> list[float]:
        """The shares, which sum to 1, those of the customers with the most first; none where there is nothing."""
        whole = self._sums.total()
        if not whole:
            return []
        shares, size, taken = [0.0] * TENTHS, self.count / TENTHS, 0.0
        for place in sorted(self._counts, reverse=True):
            count = self._counts[place]
            each, left = self._sums[place] / count, float(count)
            while left > 1e-9:
                tenth = min(TENTHS - 1, floor(taken / size + 1e-9))
                part = left if tenth == TENTHS - 1 else min(left, (tenth + 1) * size - taken)
                shares[tenth] += part * each
                taken, left = taken + part, left - part
        return [round(share / whole, 4) for share in shares]
