"""Which events of a log are meaningful, when that is said by name rather than by the rules."""

from collections.abc import Iterable, Mapping

from processors.kinds import KindRules
from schemas.kinds import MEANINGFUL, Kind

_SHOWN = 10


class NamedMeaning(KindRules):
    """The rules, but of the kinds that show a customer coming back none is given to an event that was not named.

    An event that was named is a purchase if the rules say so or if `paid` (the log has a column with money), and
    `engage` otherwise. One that was not named, and would count by the rules, is taken for something that happened to
    the customer: `campaign`.
    """

    def __init__(self, own: Mapping[str, Kind], named: Iterable[str], paid: bool) -> None:
        super().__init__(own)
        self._named = frozenset(named)
        self._paid = paid

    def classify(self, type_: str, event: str) -> Kind | None:
        """As the rules', with what was named."""
        kind = super().classify(type_, event)
        if event in self._named:
            return Kind.PURCHASE if self._paid or kind is Kind.PURCHASE else Kind.ENGAGE
        return Kind.CAMPAIGN if kind in MEANINGFUL else kind


def some_of(names: Iterable[str]) -> str:
    """Names of events, for a message; not more of them than anyone reads."""
    known = sorted(names)
    return ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
