"""A customer at a glance: from what is remembered to what is shown."""

from collections.abc import Sequence
from datetime import UTC, datetime

from processors.facets.acquisition import path
from processors.features import main_currency
from processors.lifecycle import status
from processors.movement import told
from processors.segments.places import FOUND, places
from processors.stages import stage_of
from schemas.customer import Answered, CameFrom, Customer, InSegment, Scored, Sounded, Spent, Step
from schemas.facts import Survey, Visit
from schemas.handling import AlertSeen
from schemas.judgements import Memberships, Mood, Prediction, Scores
from schemas.policy import Policy
from schemas.profile import Profile


def portrait(
    profile: Profile, keys: Sequence[str], alerts: Sequence[AlertSeen], now: float, policy: Policy
) -> Customer:
    """What is to be shown of a customer at `now` (epoch seconds). `alerts` are theirs, the newest first."""
    facts, judged = profile.facts, profile.judgements
    scores = judged.scores
    spent = [
        Spent(currency=code, orders=money.orders, revenue=money.revenue, last_at=_time(money.last_at))
        for code, money in sorted(facts.money.items(), key=lambda each: -each[1].revenue)
    ]
    origin = facts.origin
    return Customer(
        customer=profile.customer,
        keys=list(keys),
        status=status(facts, now, policy),
        segments=_segments(judged.segments),
        profiled=not facts.unprofiled,
        first_seen=_time(facts.first_seen),
        last_seen=_time(facts.last_seen),
        last_meaningful=_time(facts.last_meaningful) if facts.last_meaningful else None,
        touchpoints=facts.touchpoints,
        active_days=facts.days,
        kinds=facts.kinds,
        channels=facts.channels,
        spent=spent,
        visits=[_came(visit) for visit in path(origin)] if origin else [],
        first_bought=_time(origin.bought_at) if origin and origin.bought_at else None,
        rating=facts.rating,
        surveys={name: _answered(survey) for name, survey in facts.surveys.items() if survey.last},
        sentiment=_sounded(judged.mood) if judged.mood else None,
        traits=facts.traits,
        scores=_scored(scores, main_currency(facts)) if scores else None,
        usual_engagement=scores.usual if scores else None,
        warming_up=bool(scores and scores.warming_up),
        changes=told(judged.movement) if judged.movement else None,
        history=[_predicted(each) for each in sorted(judged.pending, key=lambda each: each.made)],
        journey_stage=stage_of(facts),
        journey=[Step(at=_time(touch.at), name=touch.name, kind=touch.kind) for touch in reversed(facts.recent)],
        alerts=list(alerts),
        suggestion=next((each.alert.suggestion for each in alerts if each.status == "open"), None),
    )


def _segments(held: Memberships | None) -> list[InSegment]:
    own = held.own.items() if held is not None else ()
    return [
        *(
            InSegment(
                name=place.name, by=by, since=_time(place.since) if place.before else None, before=place.before or None
            )
            for by, place in places(held)
        ),
        *(InSegment(name=name, by="own", since=_time(at) if at else None) for name, at in own if at >= FOUND),
    ]


def _came(visit: Visit) -> CameFrom:
    source = visit.source
    return CameFrom(at=_time(visit.at), channel=source.channel, source=source.source, campaign=source.campaign)


def _answered(survey: Survey) -> Answered:
    *before, last = survey.last
    return Answered(
        asked=survey.asked,
        answered=survey.answered,
        mean=round(survey.total / survey.answered, 4),
        last=last.rating,
        last_at=_time(last.at),
        before=before[0].rating if before else None,
    )


def _sounded(mood: Mood) -> Sounded:
    return Sounded(score=mood.score, texts=mood.texts, last=mood.label, last_at=_time(mood.at))


def _scored(scores: Scores, currency: str | None) -> Scored:
    return Scored(
        at=_time(scores.at),
        churn=scores.churn,
        engagement=scores.engagement,
        low=scores.low,
        high=scores.high,
        value=scores.value,
        lifetime=scores.lifetime,
        currency=currency,
        model=scores.model,
    )


def _predicted(made: Prediction) -> Scored:
    return Scored(
        at=_time(made.made),
        churn=made.churn / 10_000,
        engagement=made.engagement / 1_000,
        low=made.low / 1_000,
        high=made.high / 1_000,
        value=None if made.value is None else made.value / 100,
        currency=made.currency,
        model=made.model,
    )


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
