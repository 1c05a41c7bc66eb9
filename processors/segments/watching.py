"""Watching segments: to enter one that the policy names is an alert, which closes when the customer leaves it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from processors.segments.places import entered
from processors.watched import Watched
from schemas.alert import AlertKind, Severity
from schemas.judgements import Episode, Memberships
from schemas.policy import Policy
from schemas.segments import RfmName, Stage

SEGMENT = "segment:"
_PLAIN = "Do what you have planned for those who come into this segment."
_SUGGESTIONS: Mapping[RfmName | Stage, str] = {
    "Champions": "Thank them, and ask for a review or a referral.",
    "Loyal": "Offer them more of what they like, and a reward for staying.",
    "Potential loyalists": "Offer a membership, and recommend what goes with their last order.",
    "New customers": "Welcome them, and help them with their first order.",
    "Promising": "Give them a reason for a second order soon.",
    "Need attention": "Make an offer that ends soon, by what they bought last.",
    "About to sleep": "Remind them of what they liked, and of what is new.",
    "At risk": "Write to them in person, and offer a reason to come back.",
    "Can't lose": "Call them: ask what went wrong, and put it right.",
    "Hibernating": "Send one good offer; do not spend more on them.",
    "Lost customers": "Ask why they left, and leave them alone if there is no answer.",
    "new": "Welcome them, and help them to the first success.",
    "returning": "Welcome them back, and find out what brought them.",
    "dormant": "Remind them of what they usually come for.",
    "lost": "Ask why they left, and stop campaigns that assume an active customer.",
    "left": "Ask why, offer a way back, and stop campaigns that assume an active customer.",
}
_WARNING = frozenset(("At risk", "Can't lose", "About to sleep", "dormant", "lost", "left"))


def watch(held: Memberships | None, episodes: Mapping[str, Episode], policy: Policy) -> Iterator[Watched]:
    """How each segment that the policy names stands for a customer; and those whose alert is open, and are no more."""
    for key in episodes:
        if key.startswith(SEGMENT) and (held is None or key.removeprefix(SEGMENT) not in policy.segment_alerts):
            yield _watched(key.removeprefix(SEGMENT), None)
    if held is not None:
        for name in policy.segment_alerts:
            yield _watched(name, 1.0 if entered(held, name) else 0.0)


@lru_cache(maxsize=256)
def _watched(name: str, level: float | None) -> Watched:
    severity: Severity = "warning" if name in _WARNING else "info"
    return Watched(
        f"{SEGMENT}{name}",
        AlertKind.SEGMENT_ENTERED,
        level,
        opened=f"has entered the segment {name}",
        closed=f"is no longer in the segment {name}" if level is not None else f"is not watched for {name} any more",
        suggestion=next((said for each, said in _SUGGESTIONS.items() if each == name), _PLAIN),
        severity=severity,
        about=name,
    )
