"""Segments: which named groups a customer stands in now, since when, and where they were before.

A customer stands in one stage of the lifecycle, in one segment by recency, frequency and money, and in one cluster of
those who behave alike; and in any number of the user's own. Stages and the user's own are looked at in every step, and
stages end by a timer of their own; the others move slowly, and are looked at once a day and at every order.
"""

from collections.abc import Sequence

from processors.decay import DAY
from processors.lifecycle import lasts, stage_after
from processors.models import Models
from processors.segments.own import stand
from processors.segments.rfm import measure, score, turns_at
from processors.vocabulary import Asked
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Mood, Place, Scores
from schemas.norms import Norms, RfmBounds
from schemas.policy import Policy
from schemas.segments import NEWCOMERS
from schemas.touch import Touch

_NOWHERE = Memberships()


def memberships(
    was: Facts,
    before: Judgements,
    touches: Sequence[Touch],
    facts: Facts,
    returned_at: float,
    scores: Scores | None,
    features: Sequence[float],
    now: float,
    models: Models,
    norms: Norms,
    policy: Policy,
    mood: Mood | None = None,
) -> Memberships | None:
    """The segments of a customer at `now` (epoch seconds), after these touches.

    `was` and `before` are as of the last look, the others as of now; `mood` is how the customer sounds; who is not
    scored has no `features`, and behaves like nobody. Who does not want to be profiled stands in no segment.
    """
    without = policy.without
    if facts.unprofiled or facts.moved_to or "segments" in without:
        return None
    held, another_day = before.segments, _another_day(before, now)
    if (
        held is not None
        and not another_day
        and facts.money is was.money
        and held.lifecycle is not None
        and returned_at == before.returned_at
        and not (0.0 < held.rfm_at <= now or policy.segments or held.own)
        and lasts(held.lifecycle, was, returned_at, touches, facts, now, policy.seconds)
    ):
        # Nearly always: nothing that tells segments apart has changed on that day.
        return held
    held = held or _NOWHERE
    lifecycle, rfm, cluster, rfm_at = None, None, None, 0.0
    if "lifecycle" not in without:
        lifecycle = stage_after(held.lifecycle, was, before.returned_at, touches, facts, returned_at, now, policy)
    if "rfm" not in without:
        rfm, rfm_at = held.rfm, held.rfm_at
        if norms.rfm is None:
            if 0.0 < rfm_at <= now:
                # Nobody has counted the customers yet, or there are too few by now.
                rfm_at = round(now + DAY, 3)
        elif not facts.money and norms.rfm.paying:
            rfm, rfm_at = None, 0.0
        elif rfm is None or facts.money is not was.money or another_day or 0.0 < rfm_at <= now:
            rfm, rfm_at = _rfm(rfm, was, facts, now, norms.rfm)
    if features and "cluster" not in without:
        cluster = held.cluster
        if cluster is None or another_day:
            cluster = _cluster(cluster, was, models.cluster(features, cluster.name if cluster is not None else ""), now)
    if policy.segments:
        own = dict[str, float]()
        found = Memberships(lifecycle, rfm, cluster, rfm_at, own)
        asked = Asked(facts, scores, now, policy, segments=found, mood=mood)
        stand(asked, held.own, own, newcomer=not was.touchpoints)
        return before.segments if found == held else found
    if (
        lifecycle is held.lifecycle
        and rfm is held.rfm
        and cluster is held.cluster
        and rfm_at == held.rfm_at
        and not held.own
    ):
        return before.segments
    return Memberships(lifecycle, rfm, cluster, rfm_at)


def _another_day(before: Judgements, now: float) -> bool:
    """Whether it is the first look of a day (UTC), as far as can be told; whoever is not scored is seldom looked at."""
    return before.scores is None or before.scores.at // DAY != now // DAY


def _rfm(held: Place | None, was: Facts, facts: Facts, now: float, bounds: RfmBounds) -> tuple[Place | None, float]:
    """The segment by recency, frequency and money, and when to look at it again."""
    measured = measure(facts, bounds.paying)
    if measured is None:
        return None, 0.0
    name = score(measured, now, bounds).name
    if held is None or held.name != name:
        unrated = (not was.money) if bounds.paying else (not was.last_meaningful)
        held = Place(name, round(now, 3), held.name if held is not None else NEWCOMERS if unrated else "")
    # Once a day does; where everybody comes every hour, fifths are minutes apart.
    turns = turns_at(measured, now, bounds)
    return held, round(max(turns, now + DAY), 3) if turns < float("inf") else 0.0


def _cluster(held: Place | None, was: Facts, name: str, now: float) -> Place | None:
    """Those whom the customer behaves like, whose name is empty where no groups stand apart."""
    if not name or (held is not None and held.name == name):
        return held if name else None
    before = held.name if held is not None else "" if was.meaningful else NEWCOMERS
    return Place(name, round(now, 3), before)
