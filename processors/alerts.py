"""Alerts: which rules apply to a customer, and what an alert says: who, why, how sure, how much, what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from processors.episodes import Rule, Turn, follow
from processors.features import NAMES, WORDS, expected_revenue
from processors.models import Models
from processors.suggestions import suggest
from schemas.alert import Alert, AlertKind, AtStake, Reason, Severity, Sureness
from schemas.policy import Policy
from schemas.profile import Episode, Facts, Scores

MAX_REASONS = 3
_CRITICAL_RISK = 0.9

# Looking a member up in its enumeration costs more than a look at a score.
_CHURN_RISK, _ENGAGEMENT_RISING, _CUSTOMER_LEFT = (
    AlertKind.CHURN_RISK,
    AlertKind.ENGAGEMENT_RISING,
    AlertKind.CUSTOMER_LEFT,
)


@lru_cache(maxsize=8)
def rules(policy: Policy) -> dict[str, Rule]:
    """The rule of each kind of alert."""
    hold, cool_down = policy.seconds.hold, policy.seconds.cool_down
    return {
        AlertKind.CHURN_RISK: Rule(policy.churn_opens, policy.churn_closes, hold, cool_down),
        AlertKind.ENGAGEMENT_RISING: Rule(policy.engagement_opens, policy.engagement_closes, hold, cool_down),
        AlertKind.CUSTOMER_LEFT: Rule(opens=1.0, closes=1.0, hold=0.0, cool_down=0.0),
    }


def levels(facts: Facts, scores: Scores | None, policy: Policy) -> dict[str, float | None]:
    """The score that each rule looks at; none for a customer who is gone, which closes what is open.

    A model that is still warming up has no say, so its kinds are left out: nothing opens, and nothing closes. And a
    newcomer, known for less than a horizon, has no usual engagement to rise above.
    """
    left = 1.0 if facts.left_at else 0.0
    if scores is None:
        return {_CUSTOMER_LEFT: left, _CHURN_RISK: None, _ENGAGEMENT_RISING: None}
    if scores.warming_up:
        return {_CUSTOMER_LEFT: left}
    newcomer = scores.at - facts.first_seen < policy.seconds.horizon
    rising = scores.engagement >= policy.engagement_least and not newcomer
    return {
        _CUSTOMER_LEFT: left,
        _CHURN_RISK: scores.churn,
        _ENGAGEMENT_RISING: round(scores.engagement / max(scores.usual, 1.0), 3) if rising else 0.0,
    }


def decide(
    customer: str,
    facts: Facts,
    scores: Scores | None,
    features: Sequence[float],
    episodes: dict[str, Episode],
    now: float,
    models: Models,
    policy: Policy,
) -> tuple[dict[str, Episode], list[Alert]]:
    """Follow every rule: the episodes after this look, and the alerts that turned."""
    after, alerts = episodes, list[Alert]()
    known = rules(policy)
    for kind, level in levels(facts, scores, policy).items():
        rule, before = known[kind], episodes.get(kind)
        if before is None:
            if level is None or level < rule.opens:
                continue
            before = Episode()
        episode, turn = follow(before, level, rule, now)
        if episode is not before:
            after = {**after, kind: episode}
        if turn is not None:
            since = episode.over_since or before.over_since
            alerts.append(
                _alert(
                    customer, facts, AlertKind(kind), turn, episode.number, since, level, rule, features, now, models,
                    policy,
                )
            )  # fmt: skip
    return after, alerts


def _alert(
    customer: str,
    facts: Facts,
    kind: AlertKind,
    turn: Turn,
    number: int,
    since: float,
    level: float | None,
    rule: Rule,
    features: Sequence[float],
    now: float,
    models: Models,
    policy: Policy,
) -> Alert:
    reasons = _reasons(kind, features, models)
    stake = _at_stake(kind, facts, level, now, policy)
    return Alert(
        id=blake2b(f"{customer}\n{kind}\n{number}\n{turn}".encode(), digest_size=12).hexdigest(),
        kind=kind,
        state=turn,
        customer=customer,
        episode=number,
        at=datetime.fromtimestamp(round(now, 3), UTC),
        since=datetime.fromtimestamp(since, UTC),
        severity=_severity(kind, turn, level),
        score=level,
        threshold=rule.opens if turn == "opened" else rule.closes,
        sureness=Sureness(
            probability=level if kind is AlertKind.CHURN_RISK else None,
            model=models.version,
            outcomes=models.outcomes,
            auc=None if models.auc is None else round(models.auc, 4),
        ),
        at_stake=stake,
        reasons=reasons,
        summary=_summary(customer, kind, turn, level, reasons, policy),
        suggestion=suggest(kind, turn, reasons),
    )


def _severity(kind: AlertKind, turn: Turn, level: float | None) -> Severity:
    if turn == "closed" or level is None or kind is AlertKind.ENGAGEMENT_RISING:
        return "info"
    return "critical" if kind is AlertKind.CUSTOMER_LEFT or level >= _CRITICAL_RISK else "warning"


def _reasons(kind: AlertKind, features: Sequence[float], models: Models) -> list[Reason]:
    """The features that push the score the way the alert goes, strongest first: the model's own contributions."""
    if kind is AlertKind.CUSTOMER_LEFT or not features:
        return []
    weights = (models.explain if kind is AlertKind.CHURN_RISK else models.explain_engagement)(features)
    strongest = sorted(zip(weights, NAMES, features, strict=True), reverse=True)[:MAX_REASONS]
    return [
        Reason(feature=name, value=round(value, 4), weight=round(weight, 4), words=WORDS[name](value))
        for weight, name, value in strongest
        if weight > 0
    ]


def _at_stake(kind: AlertKind, facts: Facts, level: float | None, now: float, policy: Policy) -> AtStake | None:
    if level is None or kind is AlertKind.ENGAGEMENT_RISING:
        return None
    amount, currency = expected_revenue(facts, now, policy.seconds.horizon)
    return AtStake(amount=round(amount * min(level, 1.0), 2), currency=currency) if amount > 0 else None


def _summary(
    customer: str, kind: AlertKind, turn: Turn, level: float | None, reasons: list[Reason], policy: Policy
) -> str:
    why = "; ".join(reason.words for reason in reasons)
    tail = f": {why}" if why else ""
    days = f"{policy.seconds.horizon / 86_400:.0f} days"
    if level is None:
        return f"{customer} is gone, and this alert with them"
    if kind is AlertKind.CHURN_RISK:
        if turn == "closed":
            return f"{customer} is no longer at risk"
        return f"{customer} will stay away for {days} with probability {level:.0%}{tail}"
    if kind is AlertKind.ENGAGEMENT_RISING:
        if turn == "closed":
            return f"{customer} is back to the usual engagement"
        return f"{customer} is warming up: {level:.1f} times the usual engagement expected{tail}"
    return f"{customer} has left" if turn == "opened" else f"{customer} has come back after leaving"
