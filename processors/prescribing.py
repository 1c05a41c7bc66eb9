"""Prescribing: which of the business's actions is to be tried on a customer at risk, and how that ended.

Some customers are held out at random, so that what actions do can be told from what would have happened anyway. Of the
others each gets the action that promises most, by a draw from what is believed of each (Thompson sampling), so that
little is tried that is known to do little, and what is not known is tried. All chance is drawn from the alert's id: the
same alert gets the same action, however often it is concluded.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import log1p
from statistics import NormalDist

from msgspec.structs import replace

from processors.decay import DAY
from processors.expressions import Expression, ExpressionError, compile
from processors.models import Models
from processors.vocabulary import OF_CUSTOMER, Asked, of_segments
from schemas.actions import NOTHING, Trial
from schemas.alert import Alert, AlertKind
from schemas.facts import Facts
from schemas.judgements import Memberships, Mood, Scores, Trying
from schemas.kinds import MEANINGFUL
from schemas.policy import Policy
from schemas.touch import Touch

CONTEXT = ("risk", "at stake", "recency", "active days", "rating")
"""What the bandit sees of a customer, each about 0 to 1."""
_NORMAL = NormalDist()
_LONG, _MANY, _RICH = log1p(90.0), log1p(100.0), log1p(1_000.0)


class ActionError(ValueError):
    """An action that cannot be picked; the message says which, why, and where in its text."""


@lru_cache(maxsize=8)
def conditions(policy: Policy) -> Mapping[str, Expression[Asked] | None]:
    """Whom each action may be done for.

    Raises:
        ActionError: for the first one that is wrong.
    """
    words = OF_CUSTOMER | of_segments(policy.segments)
    found: dict[str, Expression[Asked] | None] = {}
    for name, action in policy.actions.items():
        try:
            found[name] = compile(action.when, words) if action.when.strip() else None
        except ExpressionError as error:
            raise ActionError(f"[policy.actions.{name}] when: {error}") from None
    return found


def context_of(facts: Facts, scores: Scores, stake: float, now: float) -> dict[str, float]:
    """A customer as the bandit sees them; `stake` is the revenue at stake."""
    silence = max(0.0, now - facts.last_meaningful) / DAY
    return {
        "risk": scores.churn,
        "at stake": round(min(1.0, log1p(max(0.0, stake)) / _RICH), 4),
        "recency": round(min(1.0, log1p(silence) / _LONG), 4),
        "active days": round(min(1.0, log1p(facts.days) / _MANY), 4),
        "rating": 0.5 if facts.rating is None else facts.rating,
    }


def prescribe(
    alerts: list[Alert],
    trying: Trying | None,
    facts: Facts,
    scores: Scores | None,
    now: float,
    models: Models,
    policy: Policy,
    segments: Memberships | None = None,
    mood: Mood | None = None,
) -> tuple[list[Alert], Trying | None]:
    """The alerts, a churn alert among them with what is to be done, and what is being tried from now on.

    Nothing is begun while something is being tried, for whom no action is allowed, or who was contacted as often as may
    be: then the alert says what it would say without actions.
    """
    if not policy.actions or scores is None or trying is not None:
        return alerts, trying
    for place, alert in enumerate(alerts):
        if alert.kind is not AlertKind.CHURN_RISK or alert.state != "opened" or _had_enough(facts, now, policy):
            continue
        allowed = _allowed(Asked(facts, scores, now, policy, segments=segments, mood=mood))
        if not allowed:
            continue
        stake = alert.at_stake.amount if alert.at_stake else 0.0
        currency = alert.at_stake.currency if alert.at_stake else ""
        context = context_of(facts, scores, stake, now)
        held_out = _chance(alert.id, "") < policy.hold_out
        action = NOTHING if held_out else _best(alert.id, allowed, context, stake, currency, models, policy)
        said = (
            "Do nothing: this customer is held out, so that what actions do can be told."
            if held_out
            else policy.actions[action].suggestion
        )
        after = list(alerts)
        after[place] = alert.model_copy(update={"suggestion": said, "action": action})
        return after, Trying(
            alert.id, action, round(now, 3), list(context.values()), stake if alert.at_stake else None, currency
        )
    return alerts, trying


def witnessed(trying: Trying, touches: Sequence[Touch], policy: Policy) -> Trying:
    """What is being tried, with what was reported as done, and whether the customer came back."""
    due = _due(trying, policy)
    for touch in touches:
        if not trying.at < touch.at <= due:
            continue
        if touch.details is not None and touch.details.action and not trying.reported:
            trying = replace(trying, reported=touch.details.action)
        if touch.kind in MEANINGFUL and not trying.returned:
            trying = replace(trying, returned=True)
    return trying


def concluded(
    customer: str, trying: Trying, facts: Facts, now: float, policy: Policy
) -> tuple[Trying | None, list[Trial]]:
    """Split what is being tried into what goes on and what has ended: at the end of the horizon, or with a leave."""
    left = trying.at < facts.left_at <= _due(trying, policy)
    if not left and now < _due(trying, policy):
        return trying, []
    context = dict(zip(CONTEXT, trying.context, strict=True))
    trial = Trial(
        id=trying.alert,
        customer=customer,
        action=trying.action,
        reported=trying.reported,
        begun_at=datetime.fromtimestamp(trying.at, UTC),
        due_at=datetime.fromtimestamp(_due(trying, policy), UTC),
        context=context,
        risk=context["risk"],
        at_stake=trying.stake,
        currency=trying.currency,
        stayed=not left and trying.returned,
    )
    return None, [trial]


def _due(trying: Trying, policy: Policy) -> float:
    return trying.at + policy.seconds.horizon


def _had_enough(facts: Facts, now: float, policy: Policy) -> bool:
    since = now - policy.contact_window.total_seconds()
    return sum(since < at <= now for at in facts.contacted) >= policy.contacts


def _allowed(asked: Asked) -> list[str]:
    return [name for name, when in conditions(asked.policy).items() if when is None or when.holds(asked)]


def _best(
    alert: str,
    allowed: Sequence[str],
    context: Mapping[str, float],
    stake: float,
    currency: str,
    models: Models,
    policy: Policy,
) -> str:
    """The action that keeps most of what is at stake, less its cost where that is in the same currency."""

    def promise(name: str) -> float:
        mean, spread = models.promise(name, context)
        stays = mean + spread * _NORMAL.inv_cdf(min(1.0 - 1e-9, max(1e-9, _chance(alert, name))))
        action = policy.actions[name]
        if stake <= 0.0 or action.currency != currency:
            return stays
        return stays - action.cost / stake

    return max(allowed, key=lambda name: (promise(name), name))


def _chance(alert: str, name: str) -> float:
    """A number of 0 to 1 that is drawn once for each alert and name."""
    return int.from_bytes(blake2b(f"{alert}\n{name}".encode(), digest_size=8).digest(), "big") / 2**64
