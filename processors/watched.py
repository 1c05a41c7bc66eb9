"""What else may turn into an alert, beyond the scores of the models: what a part of the thinking keeps an eye on."""

from typing import NamedTuple

from processors.episodes import Rule
from schemas.alert import AlertKind, Severity

AT_ONCE = Rule(opens=1.0, closes=1.0, hold=0.0, cool_down=0.0)
"""The rule of what either is so or is not."""


class Watched(NamedTuple):
    """One thing that is watched, and how it stands.

    `key` names its episodes among those of a customer: the kind, or the kind's first word and a name, as `rule:NAME`.
    `level` is held against `rule`; none closes what is open. `opened` and `closed` are what the alert says, with the
    customer in place of `{customer}`, or before it; `about` is the name of a rule or a segment. `at` is since when it
    stands so, in epoch seconds; none is now.
    """

    key: str
    kind: AlertKind
    level: float | None
    opened: str
    closed: str
    suggestion: str
    severity: Severity = "info"
    rule: Rule = AT_ONCE
    about: str | None = None
    at: float | None = None


_BY_NAME = {"rule": AlertKind.RULE_MATCHED, "segment": AlertKind.SEGMENT_ENTERED}
"""Kinds of which a customer has alerts by name: the first word of their episodes' keys."""


def kind_of(key: str) -> str:
    """The kind of alert whose episodes have this key."""
    word, _, name = key.partition(":")
    return _BY_NAME[word] if name and word in _BY_NAME else key
