"""One person behind many keys: what was remembered under one key is handed over to the other.

A touchpoint that has a user id and an anonymous id, or an alias, shows two keys to be one person. The user's key then
leaves a `Handover` for the other one. It stands in the log behind all that came to that key before; whoever works on
the key answers with `Absorb`, which has everything that is remembered of it, and leaves a stub, which sends on what
still comes. No lock is needed and no order among keys: every touch is folded once, where it was sent or where that was
handed over to.

Notes may come again after a crash, but those of one partition in their order, so the place in the log of what they
come of tells which were seen. Nobody takes over more than
`MAX_ALIASES` keys, and an anonymous id that many users claim is nobody's: it is a device they share, or a constant.

A client that was not answered sends again, by then under the user's id what it had sent without. So while a key is
asked for what it remembers, the user's touches are kept beside the facts from before, and are folded again when it
answers: without those that it knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from processors.fold import fold, follow, remember
from processors.merging import inherited, merged
from processors.sentiment.mood import together
from schemas.facts import Facts
from schemas.judgements import Mood, Prediction
from schemas.policy import Policy
from schemas.profile import Joining, Profile
from schemas.touch import Absorb, Forward, Handover, Note, Touch

MAX_ALIASES = 32
MAX_CLAIMS = 4
MAX_HELD = 32
"""Touches that are kept while other keys are asked; with more, what is sent again counts again."""
MAX_HOPS = 8
"""Keys that may pass on the same note: more only if they move to one another in a circle."""

_ANONYMOUS = "anon:"


class Stood(NamedTuple):
    """A touch, which may be a note, and the facts after it."""

    touch: Touch
    facts: Facts


class Traced(msgspec.Struct, gc=False):
    """What new touches and notes came to: the facts, the predictions that wait, the touches that were folded here, the
    notes for other keys, and how the customer sounded before those touches. `stood` is, if it was asked for, how the
    facts stood after each touch that was folded and each key that was taken over. `leaves` is the touch, if any, at
    which the first of those that were folded were handed over."""

    facts: Facts
    pending: Sequence[Prediction]
    folded: Sequence[Touch]
    notes: Sequence[Note] = ()
    joining: Joining | None = None
    mood: Mood | None = None
    stood: Sequence[Stood] = ()
    leaves: Touch | None = None


def trace(profile: Profile, touches: Sequence[Touch], policy: Policy, each: bool = False) -> Traced:
    """Fold new touches and follow the notes among them, in order. The profile is not changed. `each` asks for how the
    facts stood after each."""
    facts, pending, mood = profile.facts, profile.judgements.pending, profile.judgements.mood
    if not each and profile.joining is None and not facts.moved_to and _are_plain(touches, facts):
        return Traced(fold(facts, touches, policy), pending, touches, mood=mood)
    tracing = _Tracing(profile.customer, facts, list(pending), policy, profile.joining, mood)
    for touch in touches:
        tracing.follow(touch)
    return Traced(
        tracing.facts, tracing.pending, tracing.folded, tracing.notes, tracing.joining, tracing.mood,
        tracing.stood if each else (), tracing.leaves,
    )  # fmt: skip


def _are_plain(touches: Sequence[Touch], facts: Facts) -> bool:
    """Whether there is nothing to do but to fold, as nearly always."""
    known = facts.aliases
    for touch in touches:
        if touch.note is not None:
            return False
        for alias in touch.aliases:
            if alias not in known:
                return False
    return True


@dataclass
class _Tracing:
    customer: str
    facts: Facts
    pending: Sequence[Prediction]
    policy: Policy
    joining: Joining | None
    mood: Mood | None
    folded: list[Touch] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    stood: list[Stood] = field(default_factory=list)
    leaves: Touch | None = None

    def follow(self, touch: Touch) -> None:
        note = touch.note
        if isinstance(note, Handover):
            self._hand_over(note, touch)
        elif note is not None:
            self._receive(note, touch)
        elif self.facts.moved_to:
            self._send_on(touch)
        else:
            self._fold(touch)

    def _fold(self, touch: Touch) -> None:
        """A touch of this customer's, which may show other keys to be the same person."""
        before, asked = self.facts, list[str]()
        self.facts = fold(before, [touch], self.policy)
        self.folded.append(touch)
        self.stood.append(Stood(touch, self.facts))
        for alias in touch.aliases:
            known = alias in self.facts.aliases or alias == self.customer or self._apart(alias)
            if not known and len(self.facts.aliases) < MAX_ALIASES:
                self.facts = replace(self.facts, aliases={**self.facts.aliases, alias: {}})
                self.notes.append(Handover(alias, self.customer))
                asked.append(alias)
        self._hold(before, touch, asked)

    def _hold(self, before: Facts, touch: Touch, asked: Sequence[str]) -> None:
        """Keep a touch as long as somebody is asked."""
        joining = self.joining or (Joining(before, [], []) if asked else None)
        if joining is None:
            return
        held = [*joining.touches, touch]
        self.joining = Joining(joining.before, held, [*joining.keys, *asked]) if len(held) <= MAX_HELD else None

    def _hand_over(self, note: Handover, touch: Touch) -> None:
        """Leave everything to the key that asked for it, unless it was left to another one before."""
        facts, to = self.facts, note.to
        if to in (self.customer, facts.moved_to) or self._apart(to):
            return
        if not facts.moved_to:
            if facts.claims < MAX_CLAIMS:
                if self.folded and self.leaves is None:
                    self.leaves = touch
                place, pending = (touch.partition, touch.offset), list(self.pending)
                self.notes.append(Absorb(to, self.customer, *place, facts, pending, mood=self.mood))
                self.facts, self.pending, self.joining, self.mood = _stub(facts, to), [], None, None
        elif self.customer.startswith(_ANONYMOUS):
            claims = facts.claims + 1
            self.facts = replace(facts, claims=claims, moved_to=facts.moved_to if claims < MAX_CLAIMS else "")
        elif note.hops < MAX_HOPS:
            # Somebody said outright that this user is that one; then so is whom this one moved to.
            self.notes.append(Handover(facts.moved_to, to, note.hops + 1))

    def _receive(self, note: Absorb | Forward, touch: Touch) -> None:
        """Take over what another key leaves, once; or pass it on."""
        facts = self.facts
        taken = facts.aliases.get(note.source, {})
        if note.offset <= taken.get(note.partition, -1) or self._apart(note.source):
            return
        taken = {**taken, note.partition: note.offset}
        self.facts = facts = replace(facts, aliases={**facts.aliases, note.source: taken})
        if facts.moved_to and note.hops < MAX_HOPS:
            self._pass_on(note, touch)
            return
        if facts.moved_to:
            # They move to one another in a circle, which ends here.
            self.facts = facts = replace(facts, moved_to="")
        if isinstance(note, Absorb):
            self.pending = inherited(self.pending, facts, note.pending, note.facts, self.policy)
            self.facts = _known_as(self._joined(note), note.facts)
            self.mood = together(self.mood, note.mood)
            self.stood.append(Stood(touch, self.facts))
        elif not note.touch.digest or note.touch.digest not in facts.seen:
            self._fold(replace(note.touch, received=touch.received))

    def _joined(self, note: Absorb) -> Facts:
        """The facts of both, in which nothing stands that came to both."""
        facts, joining = self.facts, self.joining
        if joining is None:
            return merged(facts, note.facts)
        before, seen = merged(joining.before, note.facts), note.facts.seen
        held = [touch for touch in joining.touches if not touch.digest or touch.digest not in seen]
        keys = [key for key in joining.keys if key != note.source]
        self.joining = Joining(before, held, keys) if keys else None
        folded = fold(before, held, self.policy)
        return replace(folded, feeds=facts.feeds, aliases=facts.aliases, moved_to=facts.moved_to, claims=facts.claims)

    def _send_on(self, touch: Touch) -> None:
        """A touch that came to a key which has moved. It is this key that knows whether it came before."""
        facts = self.facts
        self.facts = replace(
            facts,
            seen=remember(facts.seen, touch.digest),
            feeds=follow(facts.feeds, touch.feed) if touch.feed is not None else facts.feeds,
        )
        moved = replace(touch, customer=facts.moved_to, feed=None, partition=-1, offset=-1, received=0.0)
        self.notes.append(Forward(facts.moved_to, self.customer, touch.partition, touch.offset, moved))

    def _pass_on(self, note: Absorb | Forward, touch: Touch) -> None:
        passed = replace(
            note, customer=self.facts.moved_to, source=self.customer, partition=touch.partition, offset=touch.offset,
            hops=note.hops + 1,
        )  # fmt: skip
        self.notes.append(passed)

    def _apart(self, other: str) -> bool:
        """Whether the business wants this key, or another, to stay by itself."""
        apart = self.policy.keep_apart
        return bool(apart) and (other in apart or self.customer in apart)


def _stub(facts: Facts, to: str) -> Facts:
    """What stays behind at a key that has moved: what it needs to know what came before, and to send on the rest."""
    return Facts(seen=facts.seen, feeds=facts.feeds, aliases=facts.aliases, moved_to=to, claims=facts.claims)


def _known_as(facts: Facts, other: Facts) -> Facts:
    """With the aliases of a key that was taken over. Their notes go on coming by way of that key."""
    aliases = dict(facts.aliases)
    for alias in other.aliases:
        if len(aliases) < MAX_ALIASES:
            aliases.setdefault(alias, {})
    return replace(facts, aliases=aliases)
