"""Lifetime value: what a customer is worth from now on. What they have paid already is no part of it.

The margin on the revenue that is expected within `policy.lifetime` from now, discounted by `policy.discount` a year:
the active days to come, by the BG/NBD model of the learner's habit, times what is spent on one, by the Gamma-Gamma
model (Fader, Hardie and Lee, 2005). Both take it that customers go on as they are until they leave for good, and that
how much one spends has nothing to do with how often they come. There is none for who never paid, for who is not scored,
and while the models are warming up.
"""

from collections.abc import Sequence
from math import isfinite, log1p

from processors.decay import DAY
from processors.features import main_currency
from processors.models import Models
from schemas.facts import Facts
from schemas.policy import Policy

_YEAR = 365.25
_MOST = 1e12
"""What is noted down at the most: it has to fit into a profile."""


def lifetime_value(
    facts: Facts, features: Sequence[float], models: Models, policy: Policy, known: float | None = None
) -> float | None:
    """In the customer's main currency; features are those of the moment. `known` is what it was found to be before, if
    that still holds: then it is what there is, if there is any."""
    currency = main_currency(facts)
    if currency is None or not models.warm or "value" in policy.without:
        return None
    if known is not None:
        return known
    spent = facts.money[currency].revenue
    discount = log1p(policy.discount) / _YEAR
    found = models.lifetime(features, spent, currency, policy.seconds.lifetime / DAY, discount)
    if found is None or not isfinite(found):
        return None
    return round(min(_MOST, max(0.0, policy.margin * found)), 2)
