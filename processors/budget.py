"""The budget: at most so many churn alerts a day, spent on the most value at risk, while nobody has seen the day's end.

A candidate is taken when fewer better ones are expected in what remains of the day than the budget has left. How many
candidates come at which hour, and what they are worth, is known from the days before; how busy today is, from today.
So the price falls as the day goes by with money left, and is nothing at its end. Until a whole day was seen, the budget
is spent evenly over the day. A day is one of stream time, in UTC.
"""

from math import log2

import msgspec

from processors.decay import DAY

_HOURS = 24
_FADES = 0.85
"""What a day weighs against the one after it: the last week has two thirds of the say."""
_USUAL = 10.0
"""A day is believed to be busier or calmer than usual when it is so by more than about so many candidates."""
_KEPT = 31
"""Days of which it is known what was spent. Partitions in step need two; one that lags by more may spend nothing."""
_STEPS = 8
"""Classes of value in which an amount doubles."""
_LEAST = 0.01
"""The smallest amount there is."""
_TRACE = 0.001
"""What is left of one candidate when it is forgotten."""


class Budget(msgspec.Struct, gc=False):
    """What was spent and what was seen. A few hundred numbers at most, however many candidates come.

    `day` is the latest one (days since the epoch), `first` that of the first candidate ever. `spent` is known of the
    last days. `worth` counts candidates by class of value, `hours` those of whole days by hour of the day, `days` the
    whole days: all three fading by the day. `today` are the candidates of the latest day by hour, and `offers` all that
    ever were, which tells two states apart.
    """

    day: int = -1
    first: int = -1
    spent: dict[int, int] = {}
    worth: dict[int, float] = {}
    hours: list[float] = msgspec.field(default_factory=lambda: [0.0] * _HOURS)
    today: list[int] = msgspec.field(default_factory=lambda: [0] * _HOURS)
    days: float = 0.0
    offers: int = 0

    def offer(self, amount: float, risk: float, at: float, most: int) -> bool:
        """Whether the alert of one more candidate is worth its place among the `most` of its day; it is spent then.

        Args:
            amount: the value at risk. Candidates without any are compared by their risk, and come after all others.
            risk: the probability of churn.
            at: stream time in epoch seconds, which need not be the latest.
            most: alerts that may open in a day.
        """
        day, share = divmod(at / DAY, 1.0)
        day = int(day)
        self._begin(day)
        spent = self.spent.get(day, 0)
        place = _place(amount, risk)
        taken = day > self.day - _KEPT and spent < most and self._is_worth(place, day, share, spent, most)
        if taken:
            self.spent[day] = spent + 1
        self._count(int(place), day, int(share * _HOURS))
        return taken

    def _is_worth(self, place: float, day: int, share: float, spent: int, most: int) -> bool:
        if sum(self.hours) < 1.0:
            return spent <= share * most
        # This one is among those who were expected.
        return self._better(place) * (self._expected(day, share) - 1.0) < most - spent

    def _expected(self, day: int, share: float) -> float:
        """Candidates in the rest of a day."""
        hour, gone = divmod(share * _HOURS, 1.0)
        begun = self.hours[int(hour)]
        rest = (sum(self.hours[int(hour) + 1 :]) + (1.0 - gone) * begun) / self.days
        if day < self.day:
            return rest
        until_now = (sum(self.hours[: int(hour)]) + gone * begun) / self.days
        return rest * (sum(self.today) + _USUAL) / (until_now + _USUAL)

    def _better(self, place: float) -> float:
        """The share of candidates with a higher value; within a class they are taken to lie evenly."""
        own = int(place)
        above = sum(count for value, count in self.worth.items() if value > own)
        return (above + self.worth.get(own, 0.0) * (own + 1 - place)) / sum(self.worth.values())

    def _begin(self, day: int) -> None:
        """Make a later day the latest: what was seen fades, and yesterday is a whole day like the others."""
        passed = day - self.day
        if passed <= 0:
            return
        if self.first < 0:
            self.first = self.day = day
            return
        fades = _FADES**passed
        self.days = self.days * fades + _FADES * (1.0 - fades) / (1.0 - _FADES)
        self.hours = [(whole + seen) * fades for whole, seen in zip(self.hours, self.today, strict=True)]
        if self.day == self.first:
            # Nobody knows what came before the first candidate: that was no whole day.
            self.days -= fades
            self.hours = [0.0] * _HOURS
        self.today = [0] * _HOURS
        # A class in which nobody was for weeks is forgotten.
        self.worth = {value: held for value, count in self.worth.items() if (held := count * fades) > _TRACE}
        self.spent = {known: spent for known, spent in self.spent.items() if known > day - _KEPT}
        self.day = day

    def _count(self, value: int, day: int, hour: int) -> None:
        weight = _FADES ** (self.day - day)
        self.worth[value] = self.worth.get(value, 0.0) + weight
        if day == self.day:
            self.today[hour] += 1
        elif day > self.first:
            self.hours[hour] += weight
        self.offers += 1


def _place(amount: float, risk: float) -> float:
    """Where a value stands among all: the whole part is its class. Risks come below the smallest amount."""
    if amount < _LEAST:
        return min(max(risk, 0.0), 0.9999) * _STEPS**2
    return _STEPS**2 + _STEPS * log2(amount / _LEAST)
