"""Alerts: which rules apply to a customer, and what an alert says: who, why, how sure, how much, what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from processors.budget import Budget
from processors.episodes import Rule, Turn, follow, refuse, refused_today
from processors.features import main_currency, usual_revenue
from processors.learning.inputs import IN_WORDS
from processors.models import Models
from processors.rules import rule_of as own_rule_of
from processors.segments.places import names
from processors.suggestions import suggest
from processors.watched import AT_ONCE, Watched
from schemas.alert import Alert, AlertKind, AtStake, Reason, Severity, Sureness
from schemas.facts import Facts
from schemas.judgements import Episode, Memberships, Scores
from schemas.policy import Policy

MAX_REASONS = 3
_CUSTOMER = "{customer}"
_CRITICAL_RISK = 0.9

# Looking a member up in its enumeration costs more than a look at a score.
_CHURN_RISK, _ENGAGEMENT_RISING, _CUSTOMER_LEFT, _CUSTOMER_RETURNED = (
    AlertKind.CHURN_RISK,
    AlertKind.ENGAGEMENT_RISING,
    AlertKind.CUSTOMER_LEFT,
    AlertKind.CUSTOMER_RETURNED,
)
_PLAIN = frozenset((_CUSTOMER_LEFT, _CUSTOMER_RETURNED))
"""Kinds that say what happened, for which no model is asked."""


def rule_of(key: str, policy: Policy) -> Rule:
    """The rule that the episodes of a key follow."""
    return rules(policy).get(key) or own_rule_of(key, policy)


@lru_cache(maxsize=8)
def rules(policy: Policy) -> dict[str, Rule]:
    """The rule of each kind of alert that a score, or the customer, raises."""
    hold, cool_down = policy.seconds.hold, policy.seconds.cool_down
    return {
        AlertKind.CHURN_RISK: Rule(policy.churn_opens, policy.churn_closes, hold, cool_down),
        AlertKind.ENGAGEMENT_RISING: Rule(policy.engagement_opens, policy.engagement_closes, hold, cool_down),
        AlertKind.CUSTOMER_LEFT: AT_ONCE,
        AlertKind.CUSTOMER_RETURNED: AT_ONCE,
    }


def levels(
    facts: Facts, scores: Scores | None, returned_at: float, now: float, policy: Policy
) -> dict[str, float | None]:
    """The score that each rule looks at; none for a customer who is gone, or does not want to be scored, which closes
    what is open.

    A model that is still warming up has no say, so its kinds are left out: nothing opens, and nothing closes. And a
    newcomer, known for less than a horizon, has no usual engagement to rise above.
    """
    if facts.unprofiled:
        return dict.fromkeys((_CUSTOMER_LEFT, _CUSTOMER_RETURNED, _CHURN_RISK, _ENGAGEMENT_RISING))
    left = 1.0 if facts.left_at else 0.0
    if scores is None:
        return {_CUSTOMER_LEFT: left, _CUSTOMER_RETURNED: None, _CHURN_RISK: None, _ENGAGEMENT_RISING: None}
    # For a horizon the return is news; then the customer is one like the others.
    back = 1.0 if returned_at and now < returned_at + policy.seconds.horizon else 0.0
    if scores.warming_up:
        return {_CUSTOMER_LEFT: left, _CUSTOMER_RETURNED: back}
    newcomer = scores.at - facts.first_seen < policy.seconds.horizon
    rising = scores.engagement >= policy.engagement_least and not newcomer
    return {
        _CUSTOMER_LEFT: left,
        _CUSTOMER_RETURNED: back,
        _CHURN_RISK: scores.churn,
        _ENGAGEMENT_RISING: round(scores.engagement / max(scores.usual, 1.0), 3) if rising else 0.0,
    }


def decide(
    customer: str,
    facts: Facts,
    scores: Scores | None,
    features: Sequence[float],
    returned_at: float,
    episodes: dict[str, Episode],
    now: float,
    models: Models,
    policy: Policy,
    budget: Budget | None = None,
    watched: Sequence[Watched] = (),
    segments: Memberships | None = None,
) -> tuple[dict[str, Episode], list[Alert]]:
    """Follow every rule: the episodes after this look, and the alerts that turned. Where the policy has a budget, a
    churn alert opens only if it is worth its place in it. `watched` is what else is looked at; `segments` are
    where the customer stands."""
    after, known = episodes, rules(policy)
    alerts: list[Alert] = []
    for kind, level in levels(facts, scores, returned_at, now, policy).items():
        rule, before = known[kind], episodes.get(kind)
        if before is None:
            if level is None or level < rule.opens:
                continue
            before = Episode()
        episode, turn = follow(before, level, rule, now)
        if turn == "opened" and kind is _CHURN_RISK and budget is not None and policy.churn_alerts_per_day:
            stake = _at_stake(_CHURN_RISK, facts, scores, level, now, policy)
            amount, risk = stake.amount if stake else 0.0, level or 0.0
            if refused_today(before, now) or not budget.offer(amount, risk, now, policy.churn_alerts_per_day):
                episode, turn = refuse(before, episode.over_since, now), None
        if episode is not before:
            after = {**after, kind: episode}
        if turn is not None:
            since = episode.over_since or before.over_since
            alerts.append(
                _alert(
                    customer, facts, scores, AlertKind(kind), turn, episode.number, since, level, rule, features,
                    now, models, policy,
                )
            )  # fmt: skip
    for each in watched:
        # What is watched may turn more than once in a step.
        known_before = after.get(each.key)
        if known_before is None and (each.level is None or each.level < each.rule.opens):
            continue
        before = known_before or Episode()
        at = now if each.at is None else each.at
        episode, turn = follow(before, each.level, each.rule, at)
        if episode is not known_before:
            after = {**after, each.key: episode}
        if turn is not None:
            alerts.append(_seen(customer, facts, scores, each, turn, episode, before, at, models, policy))
    if alerts and segments is not None:
        standing = names(segments)
        alerts = [alert.model_copy(update={"segments": standing}) for alert in alerts]
    return after, alerts


def _seen(
    customer: str,
    facts: Facts,
    scores: Scores | None,
    watched: Watched,
    turn: Turn,
    episode: Episode,
    before: Episode,
    now: float,
    models: Models,
    policy: Policy,
) -> Alert:
    """The alert about something that was watched."""
    gone = watched.level is None and (bool(facts.moved_to) or facts.unprofiled)
    words = watched.opened if turn == "opened" else watched.closed
    says = words.replace(_CUSTOMER, customer) if _CUSTOMER in words else f"{customer} {words}"
    return Alert(
        id=alert_id(customer, watched.key, episode.number, turn),
        kind=watched.kind,
        about=watched.about,
        state=turn,
        customer=customer,
        episode=episode.number,
        at=datetime.fromtimestamp(round(now, 3), UTC),
        since=datetime.fromtimestamp(episode.over_since or before.over_since, UTC),
        severity=watched.severity if turn == "opened" else "info",
        score=watched.level,
        threshold=watched.rule.opens if turn == "opened" else watched.rule.closes,
        sureness=_sureness(None, models),
        at_stake=_at_stake(watched.kind, facts, scores, scores.churn if scores else None, now, policy),
        summary=_farewell(customer, facts) if gone else says,
        suggestion=watched.suggestion if turn == "opened" else suggest(watched.kind, turn, ()),
    )


def _sureness(probability: float | None, models: Models) -> Sureness:
    return Sureness(
        probability=probability,
        model=models.version,
        outcomes=models.outcomes,
        auc=None if models.auc is None else round(models.auc, 4),
    )


def opening_of(alert: Alert) -> str:
    """The id of the alert that opened the episode which this one tells of."""
    # As `Watched.key` has it.
    key = alert.kind if alert.about is None else f"{alert.kind.partition('.')[0]}:{alert.about}"
    return alert_id(alert.customer, key, alert.episode, "opened")


def alert_id(customer: str, kind: str, episode: int, turn: Turn) -> str:
    """The id of an alert: the same whenever it is concluded again, and found from the alert that closes it."""
    return blake2b(f"{customer}\n{kind}\n{episode}\n{turn}".encode(), digest_size=12).hexdigest()


def _alert(
    customer: str,
    facts: Facts,
    scores: Scores | None,
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
    reasons, average, others = _reasons(kind, features, now, models)
    stake = _at_stake(kind, facts, scores, level, now, policy)
    return Alert(
        id=alert_id(customer, kind, number, turn),
        kind=kind,
        state=turn,
        customer=customer,
        episode=number,
        at=datetime.fromtimestamp(round(now, 3), UTC),
        since=datetime.fromtimestamp(since, UTC),
        severity=_severity(kind, turn, level),
        score=level,
        threshold=rule.opens if turn == "opened" else rule.closes,
        sureness=_sureness(level if kind is AlertKind.CHURN_RISK else None, models),
        at_stake=stake,
        reasons=reasons,
        average=average,
        others=others,
        summary=_summary(customer, facts, kind, turn, level, reasons, policy),
        suggestion=suggest(kind, turn, reasons),
    )


def _severity(kind: AlertKind, turn: Turn, level: float | None) -> Severity:
    if turn == "closed" or level is None or kind in (_ENGAGEMENT_RISING, _CUSTOMER_RETURNED):
        return "info"
    return "critical" if kind is AlertKind.CUSTOMER_LEFT or level >= _CRITICAL_RISK else "warning"


def _reasons(
    kind: AlertKind, features: Sequence[float], now: float, models: Models
) -> tuple[list[Reason], float | None, float | None]:
    """The inputs that push the score the way the alert goes, strongest first: the model's own contributions. With them
    the average customer's score, and what all other inputs add."""
    if kind in _PLAIN or not features:
        return [], None, None
    average, parts = (models.explain if kind is AlertKind.CHURN_RISK else models.explain_engagement)(features, now)
    strongest = [part for part in sorted(parts, reverse=True)[:MAX_REASONS] if part.weight > 0]
    reasons = [
        Reason(feature=name, value=round(value, 4), weight=round(weight, 4), words=IN_WORDS[name](value))
        for weight, name, value in strongest
    ]
    others = sum(part.weight for part in parts) - sum(reason.weight for reason in reasons)
    return reasons, round(average, 4), round(others, 4)


def _at_stake(
    kind: AlertKind, facts: Facts, scores: Scores | None, level: float | None, now: float, policy: Policy
) -> AtStake | None:
    """Revenue of the horizon times the risk of losing it: as the model expects it, or as it was lately."""
    currency = main_currency(facts)
    if level is None or currency is None or kind in (_ENGAGEMENT_RISING, _CUSTOMER_RETURNED):
        return None
    known = scores.value if scores is not None else None
    amount = usual_revenue(facts, now, policy.seconds.horizon) if known is None else known
    return AtStake(amount=round(amount * min(level, 1.0), 2), currency=currency) if amount > 0 else None


def _farewell(customer: str, facts: Facts) -> str:
    if facts.moved_to:
        return f"{customer} is known as {facts.moved_to} by now, and this alert ends"
    if facts.unprofiled:
        return f"{customer} does not want to be profiled, and this alert ends"
    return f"{customer} is gone, and this alert with them"


def _summary(
    customer: str, facts: Facts, kind: AlertKind, turn: Turn, level: float | None, reasons: list[Reason], policy: Policy
) -> str:
    why = "; ".join(reason.words for reason in reasons)
    tail = f": {why}" if why else ""
    days = f"{policy.seconds.horizon / 86_400:.0f} days"
    if level is None:
        return _farewell(customer, facts)
    if kind is AlertKind.CHURN_RISK:
        if turn == "closed":
            return f"{customer} is no longer at risk"
        return f"{customer} will stay away for {days} with probability {level:.0%}{tail}"
    if kind is AlertKind.ENGAGEMENT_RISING:
        if turn == "closed":
            return f"{customer} is back to the usual engagement"
        return f"{customer} is warming up: {level:.1f} times the usual engagement expected{tail}"
    if kind is AlertKind.CUSTOMER_RETURNED:
        return f"{customer} has come back" if turn == "opened" else f"{customer} is no longer a newly returned customer"
    return f"{customer} has left" if turn == "opened" else f"{customer} has come back after leaving"
