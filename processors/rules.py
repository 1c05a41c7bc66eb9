"""The user's own alert rules: read once, and asked of a customer at every step.

A rule that names the touchpoint at hand is asked of every new one, in their order and as of when each came, so that it
does not matter how many come at once; another is asked once a step. None is asked of a customer who does not want to be
profiled, and none that names a score while the models warm up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from processors.episodes import Rule, follow
from processors.expressions import Expression, ExpressionError, Vocabulary, compile
from processors.identity import Stood
from processors.segments.watching import SEGMENT
from processors.vocabulary import OF_RULES, OF_TOUCH, Asked, of_segments
from processors.watched import AT_ONCE, Watched
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.judgements import Episode, Memberships, Mood, Scores
from schemas.policy import Policy
from schemas.rules import AlertRule, RuleName
from schemas.touch import Touch

_PREFIX = "rule:"
_PASSED = "matched the rule {} a while ago, and this alert ends"
MAX_REMEMBERED = 64
"""Episodes of rules that are no more: one that comes back counts on, or its alerts would look like repeats."""


class RuleError(ValueError):
    """A rule that cannot be followed; the message says which, why, and where in its text."""


@dataclass(frozen=True)
class Ready:
    """A rule that was read. `of_touch` and `until_of_touch` say that `when` or `until` is about the touchpoint at hand,
    `mixed` that it is also about the customer, `scored` that it asks for a score; its episodes follow `rule`."""

    name: RuleName
    key: str
    given: AlertRule
    when: Expression[Asked]
    until: Expression[Asked] | None
    of_touch: bool
    until_of_touch: bool
    mixed: bool
    scored: bool
    rule: Rule

    @property
    def passes(self) -> bool:
        """Whether it closes by itself: what opens upon a touchpoint, and does not say until when."""
        return self.of_touch and self.until is None

    @property
    def cool_down(self) -> float:
        """Seconds that a rule which passes is open, and that another rests."""
        return self.given.cool_down.total_seconds()


@lru_cache(maxsize=8)
def ready(policy: Policy) -> tuple[Ready, ...]:
    """The rules of a policy.

    Raises:
        RuleError: for the first one that is wrong.
    """
    words = OF_RULES | of_segments(policy.segments)
    return tuple(_read(name, given, words) for name, given in policy.rules.items())


def _read(name: RuleName, given: AlertRule, known: Vocabulary[Asked]) -> Ready:
    when = _expression(name, "when", given.when, known)
    until = _expression(name, "until", given.until, known) if given.until.strip() else None
    words = {**when.words, **(until.words if until else {})}
    of_touch, until_of_touch = _is_of_touch(when), until is not None and _is_of_touch(until)
    mixed = (of_touch or until_of_touch) and not words.keys() <= OF_TOUCH.words.keys()
    hold = given.hold.total_seconds()
    if of_touch and hold:
        raise RuleError(
            f"[rules.{name}] hold: a touchpoint is over at once, and nothing about it can hold: leave hold out, or "
            "write `when` without touch"
        )
    rest = 0.0 if of_touch and until is None else given.cool_down.total_seconds()
    return Ready(
        name, f"{_PREFIX}{name}", given, when, until, of_touch, until_of_touch, mixed,
        any(word.scored for word in words.values()),
        Rule(opens=1.0, closes=1.0, hold=hold, cool_down=rest),
    )  # fmt: skip


def _expression(name: str, field: str, text: str, known: Vocabulary[Asked]) -> Expression[Asked]:
    try:
        return compile(text, known)
    except ExpressionError as error:
        raise RuleError(f"[rules.{name}] {field}: {error}") from None


def _is_of_touch(expression: Expression[Asked]) -> bool:
    return not OF_TOUCH.words.keys().isdisjoint(expression.words)


@lru_cache(maxsize=8)
def _by_key(policy: Policy) -> Mapping[str, Ready]:
    return {each.key: each for each in ready(policy)}


def rule_of(key: str, policy: Policy) -> Rule:
    """The rule that the episodes of `rule:NAME` follow."""
    known = _by_key(policy).get(key)
    return known.rule if known else AT_ONCE


def passes_at(key: str, episode: Episode, policy: Policy) -> float | None:
    """When the alert of a rule about a touchpoint closes by itself (epoch seconds); none if it does not."""
    if not episode.opened_at or not key.startswith(_PREFIX):
        return None
    known = _by_key(policy).get(key)
    return round(episode.opened_at + known.cool_down, 3) if known and known.passes else None


def asks_each(policy: Policy) -> bool:
    """Whether some rule asks how the customer stood at each touchpoint."""
    return bool(policy.rules) and any(rule.mixed for rule in ready(policy))


_Moment = tuple[Touch | None, Facts, float]
"""The touchpoint at hand, if there is one, the facts then, and when that was in stream time."""


def watch(
    facts: Facts,
    scores: Scores | None,
    touches: Sequence[Touch],
    episodes: Mapping[str, Episode],
    now: float,
    policy: Policy,
    segments: Memberships | None = None,
    stood: Sequence[Stood] = (),
    mood: Mood | None = None,
) -> Iterator[Watched]:
    """How every rule stands for a customer, at each of these touches and at `now`; and those that are open, and are no
    more. `stood` is how the facts stood on the way, unless that was one touch or `asks_each` says that nobody asks;
    `mood` is how the customer sounds."""
    rules = ready(policy) if policy.rules else ()
    gone = facts.unprofiled or bool(facts.moved_to)
    for key in episodes:
        if key.startswith(_PREFIX) and (gone or key not in _by_key(policy)):
            yield _over(key)
    if gone or not rules:
        return
    asked = Asked(facts, scores, now, policy, segments=segments, mood=mood)
    cold = scores is not None and scores.warming_up
    end: list[_Moment] = [(None, facts, now)]
    moments = [*_moments(stood or [(touch, facts) for touch in touches], now), *end]
    for rule in rules:
        met = moments if rule.of_touch or rule.until_of_touch else end
        yield from _turns(rule, asked, met, episodes.get(rule.key), rule.scored and cold)


def _moments(stood: Iterable[tuple[Touch, Facts]], now: float) -> Iterator[_Moment]:
    came = 0.0
    for touch, facts in stood:
        came = min(now, max(came, touch.received or now))
        yield touch if touch.note is None else None, facts, came


def _turns(
    rule: Ready, asked: Asked, moments: Iterable[_Moment], episode: Episode | None, unasked: bool
) -> Iterator[Watched]:
    """What a rule comes to at each of these moments, where that changes how it stands."""
    for asked.touch, asked.facts, asked.now in moments:
        again = True
        while again and (level := _level(rule, asked, episode, unasked)) is not None:
            before = episode or Episode()
            episode, turn = follow(before, level, rule.rule, asked.now)
            if episode is not before:
                yield _watched(rule, level, asked.now)
            # The touchpoint that finds it over may open it anew.
            again = turn == "closed" and rule.passes


def _level(rule: Ready, asked: Asked, episode: Episode | None, unasked: bool) -> float | None:
    """1 for a rule that should be open and 0 for one that should not; none where there is nothing to follow. One that
    may not be asked stays as it is."""
    if episode is not None and episode.opened_at:
        if rule.passes:
            over = asked.now >= episode.opened_at + rule.cool_down
        elif unasked:
            over = False
        elif rule.until is not None:
            over = _holds(rule.until, rule.until_of_touch, asked, episode.opened_at)
        else:
            over = not rule.when.holds(asked)
        return 0.0 if over else 1.0
    # What is told so late that the alert would have closed by now is no news.
    if not unasked and _holds(rule.when, rule.of_touch, asked, asked.now - rule.cool_down):
        return 1.0
    return 0.0 if episode is not None else None


def _holds(expression: Expression[Asked], of_touch: bool, asked: Asked, since: float) -> bool:
    if of_touch and (asked.touch is None or asked.touch.at < since):
        return False
    return expression.holds(asked)


def _watched(rule: Ready, level: float, at: float) -> Watched:
    given = rule.given
    return Watched(
        rule.key, AlertKind.RULE_MATCHED, level,
        opened=given.summary or f"matches the rule {rule.name}",
        closed=_PASSED.format(rule.name) if rule.passes else f"no longer matches the rule {rule.name}",
        suggestion=given.suggestion or "See why the rule holds, and act on it.",
        severity=given.severity, rule=rule.rule, about=rule.name, at=at,
    )  # fmt: skip


def _over(key: str) -> Watched:
    name = key.removeprefix(_PREFIX)
    return Watched(
        key, AlertKind.RULE_MATCHED, None, opened="", closed=f"is not looked at for the rule {name} any more",
        suggestion="", about=name,
    )  # fmt: skip


def remembered(episodes: dict[str, Episode], policy: Policy) -> dict[str, Episode]:
    """The episodes without those of long-gone rules and segments, so that a profile stays bounded whatever these were
    called."""
    watched = {SEGMENT + name for name in policy.segment_alerts}
    strangers = [
        key
        for key in episodes
        if (key.startswith(_PREFIX) and key not in _by_key(policy)) or (key.startswith(SEGMENT) and key not in watched)
    ]
    if len(strangers) <= MAX_REMEMBERED:
        return episodes
    dropped = {key for key in strangers[:-MAX_REMEMBERED] if not episodes[key].opened_at}
    return {key: episode for key, episode in episodes.items() if key not in dropped}
