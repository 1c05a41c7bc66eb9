"""Exponentially decayed counts: what happened lately weighs more, and one number holds it all.

A count with half-life h that receives events at a steady rate r settles at r * h / ln 2, which is how a decayed count
is read as a rate.
"""

from math import exp2, log

DAY = 86_400.0
HALF_LIVES = (7.0, 30.0, 90.0)
"""Half-lives, in days, at which a customer's activity is remembered: this week, this month, this quarter."""
SHORT, MIDDLE, LONG = range(3)
_LN_2 = log(2.0)
_WEEK, _MONTH, _QUARTER = (-half_life * DAY for half_life in HALF_LIVES)


def factors(seconds: float) -> tuple[float, float, float]:
    """What is left of each decayed count after so many seconds; above 1 for a negative span."""
    return exp2(seconds / _WEEK), exp2(seconds / _MONTH), exp2(seconds / _QUARTER)


def rate(decayed: float, half_life: float, tenure: float) -> float:
    """Events a day that a decayed count stands for, given that counting began `tenure` days ago.

    A young customer's count has not had time to settle; dividing by 1 - 2^(-tenure/h) corrects that.
    """
    settled = 1.0 - exp2(-max(tenure, 1.0) / half_life)
    return decayed * _LN_2 / half_life / settled
