"""One person behind many keys: whatever the order in which keys are worked on, every touch counts once."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.advance import advance
from processors.facets.acquisition import MAX_VISITS
from processors.identity import MAX_ALIASES, MAX_CLAIMS
from processors.notes import is_note, read_note, write_note
from schemas.details import Details
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Note, Touch
from tests.unit.making import POLICY, FixedModels, day, touch
from tests.unit.visiting import SOURCES

PARTITIONS = 3


@dataclass
class Log:
    """Partitions of touches, worked on in any order and in any batches; each key's profile, and the notes of each
    partition's last batch, which are left before its next one, and maybe twice."""

    policy: Policy = POLICY
    records: defaultdict[int, list[Touch]] = field(default_factory=lambda: defaultdict(list))
    done: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    profiles: dict[str, Profile] = field(default_factory=dict)
    unsaid: defaultdict[int, list[Note]] = field(default_factory=lambda: defaultdict(list))

    def append(self, one: Touch, partition: int | None = None) -> None:
        if partition is None:
            partition = sum(one.customer.encode()) % PARTITIONS
        self.records[partition].append(
            msgspec.structs.replace(one, partition=partition, offset=len(self.records[partition]))
        )

    def work(self, partition: int, most: int, again: bool = False) -> None:
        """One batch. After a crash between leaving notes and going on, they are left again."""
        for _ in range(1 + again):
            self.leave_notes(partition)
        self.unsaid[partition] = []
        batch = self.records[partition][self.done[partition] : self.done[partition] + most]
        for customer in dict.fromkeys(one.customer for one in batch):
            touches = [one for one in batch if one.customer == customer]
            step = advance(self.profiles.get(customer, Profile(customer)), touches, day(50), FixedModels(), self.policy)
            self.profiles[customer] = step.profile
            self.unsaid[partition] += step.notes
        self.done[partition] += len(batch)

    def leave_notes(self, partition: int) -> None:
        for note in self.unsaid[partition]:
            raw = write_note(note).encode()
            assert is_note(raw)
            self.append(Touch(note.customer, day(50), "", note=read_note(raw)))

    def settle(self, rng: Random | None = None) -> None:
        """Work until nothing is left."""
        for _ in range(5_000):
            open_ = [p for p in range(PARTITIONS) if self.unsaid[p] or self.done[p] < len(self.records[p])]
            if not open_:
                return
            if rng is None:
                self.work(open_[0], 1_000)
            else:
                self.work(rng.choice(open_), rng.randint(1, 5), again=rng.random() < 0.2)
        raise AssertionError("notes are passed on for ever")

    def replayed(self, policy: Policy | None = None) -> "Log":
        """The same log folded again from the start, without a word, one partition after the other."""
        other = Log(policy or self.policy)
        for partition in sorted(self.records):
            other.records[partition] = list(self.records[partition])
            other.work(partition, len(self.records[partition]))
        other.unsaid.clear()
        return other

    def facts(self, customer: str) -> Facts:
        return self.profiles[customer].facts


def known(facts: Facts) -> dict[str, object]:
    """What must not depend on under which key a touch came; decayed counts are told as of one time."""
    return {
        "touchpoints": facts.touchpoints,
        "meaningful": facts.meaningful,
        "first": facts.first_seen,
        "last": facts.last_seen,
        "last meaningful": facts.last_meaningful,
        "kinds": facts.kinds,
        "channels": facts.channels,
        "money": {currency: (held.orders, held.revenue, held.last_at) for currency, held in facts.money.items()},
        "journey": sorted((one.at, one.name, one.kind) for one in facts.recent),
        "left": facts.left_at,
        "weeks": facts.weeks,
        "origin": facts.origin,
        "firsts": facts.firsts,
    }


PEOPLE = ("ada", "bob")
KINDS = (Kind.DISCOVER, Kind.CONSIDER, Kind.ENGAGE, Kind.PURCHASE, Kind.FRICTION, Kind.LEAVE)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, str, Touch]]:
    """Touches of two people in the order of their times: who it was, under which key, and what."""
    told = []
    for number in range(draw(st.integers(2, 40))):
        person = draw(st.sampled_from(PEOPLE))
        visitor = f"anon:{person}-{draw(st.integers(1, 3))}"
        way = draw(st.sampled_from(("visitor", "user", "both")))
        kind = draw(st.sampled_from(KINDS))
        amount = draw(st.integers(1, 9_999)) / 100 if kind is Kind.PURCHASE else None
        one = touch(
            number, kind, person if way != "visitor" else visitor, message_id=f"m{number:011}", amount=amount,
            currency="EUR" if amount else "", aliases=(visitor,) if way == "both" else (),
            # No more visits than are kept, since a purchase that only another key knows of cannot spare them.
            details=Details(source=draw(st.sampled_from(SOURCES))) if number < MAX_VISITS else None, channel="web",
        )  # fmt: skip
        told.append((person, visitor, one))
    return told


@settings(max_examples=150, deadline=None)
@given(told=lives(), seed=st.integers(0, 2**32))
def test_it_is_as_if_the_ids_had_been_known_from_the_start(told: list[tuple[str, str, Touch]], seed: int) -> None:
    log, ideal, rng = Log(), Log(), Random(seed)
    linked = {visitor for _, visitor, one in told if one.aliases}
    for person, visitor, one in told:
        log.append(one)
        own = one.customer in PEOPLE or visitor in linked
        ideal.append(msgspec.structs.replace(one, customer=person if own else visitor, aliases=()))
        if rng.random() < 0.5:
            log.work(rng.randrange(PARTITIONS), rng.randint(1, 4), again=rng.random() < 0.3)
    log.settle(rng)
    ideal.settle()
    for customer, profile in ideal.profiles.items():
        assert known(log.facts(customer)) == known(profile.facts)
        for kind, rate in profile.facts.kind_rates.items():
            found, right = log.facts(customer), profile.facts
            shift = 2 ** ((right.rates_at - found.rates_at) / (30 * 86_400))
            assert found.kind_rates[kind] == pytest.approx(rate * shift, rel=1e-9)
    assert sum(profile.facts.touchpoints for profile in log.profiles.values()) == len(told)
    for customer, profile in log.replayed().profiles.items():
        assert msgspec.msgpack.encode(profile.facts) == msgspec.msgpack.encode(log.facts(customer))


@settings(max_examples=100, deadline=None)
@given(told=lives(), seed=st.integers(0, 2**32))
def test_keys_that_are_met_in_several_partitions_lose_nothing_either(
    told: list[tuple[str, str, Touch]], seed: int
) -> None:
    log, rng, count = Log(), Random(seed), len(told)
    owner = {visitor: person for person, visitor, one in told if one.aliases}
    for _, _, one in told:
        log.append(one, rng.randrange(PARTITIONS))
        if rng.random() < 0.5:
            log.work(rng.randrange(PARTITIONS), rng.randint(1, 4), again=rng.random() < 0.3)
    log.settle(rng)
    right = Counter(owner.get(one.customer, one.customer) for _, _, one in told)
    assert {name: one.facts.touchpoints for name, one in log.profiles.items() if one.facts.touchpoints} == right
    # And it goes on after a rebuild, though the partitions were met in another order then.
    log = log.replayed()
    for visitor in owner:
        log.append(touch(60, Kind.CONSIDER, visitor), rng.randrange(PARTITIONS))
    log.settle(rng)
    assert sum(profile.facts.touchpoints for profile in log.profiles.values()) == count + len(owner)


@settings(max_examples=150, deadline=None)
@given(told=lives(), seed=st.integers(0, 2**32))
def test_what_was_not_answered_and_comes_again_under_the_users_id_counts_once(
    told: list[tuple[str, str, Touch]], seed: int
) -> None:
    log, rng, sent = Log(), Random(seed), dict[str, list[Touch]]()
    for person, visitor, one in told:
        log.append(one)
        again = msgspec.structs.replace(one, customer=person, aliases=(visitor,))
        sent.setdefault(person, []).append(again)
        if rng.random() < 0.3:
            # A client has one id from then on, and sends again what it has sent last.
            for late in sent[person][-3:]:
                log.append(late)
        if rng.random() < 0.5:
            log.work(rng.randrange(PARTITIONS), rng.randint(1, 4), again=rng.random() < 0.3)
    for touches in sent.values():
        log.append(touches[-1])
        log.append(
            msgspec.structs.replace(
                touches[0], at=day(49), digest=b"", aliases=tuple({a for t in touches for a in t.aliases})
            )
        )
    log.settle(rng)
    ideal = Log()
    for touches in sent.values():
        for one in [*touches, msgspec.structs.replace(touches[0], at=day(49), digest=b"")]:
            ideal.append(msgspec.structs.replace(one, aliases=()))
    ideal.settle()
    for customer, profile in ideal.profiles.items():
        assert known(log.facts(customer)) == known(profile.facts)
    for customer, profile in log.replayed().profiles.items():
        assert msgspec.msgpack.encode(profile.facts) == msgspec.msgpack.encode(log.facts(customer))


def signed_up(visitor: str, user: str, at: float) -> Touch:
    return touch(at, Kind.ENGAGE, user, aliases=(visitor,))


def test_a_straggler_is_sent_on_and_one_that_is_sent_again_is_not() -> None:
    log = Log()
    log.append(touch(1, Kind.DISCOVER, "anon:v", message_id="a"))
    log.append(signed_up("anon:v", "ada", 2))
    log.settle()
    late = touch(1.5, Kind.CONSIDER, "anon:v", message_id="b")
    for one in (late, late, touch(1, Kind.DISCOVER, "anon:v", message_id="a")):
        log.append(one)
    log.settle()
    assert log.facts("ada").kinds == {Kind.DISCOVER: 1, Kind.CONSIDER: 1, Kind.ENGAGE: 1}
    assert log.facts("anon:v").touchpoints == 0
    assert log.facts("anon:v").moved_to == "ada"


def test_users_are_merged_by_an_alias_and_visitors_follow_all_the_way() -> None:
    log = Log()
    log.append(touch(1, Kind.DISCOVER, "anon:v"))
    log.append(signed_up("anon:v", "old", 2))
    log.append(touch(3, None, "new", aliases=("anon:old", "old")))
    log.settle()
    log.append(touch(4, Kind.CONSIDER, "anon:v"))
    log.append(touch(5, Kind.ENGAGE, "old"))
    log.settle()
    assert log.facts("new").kinds == {Kind.DISCOVER: 1, Kind.ENGAGE: 2, Kind.CONSIDER: 1}
    assert log.facts("new").touchpoints == 5


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(2, 4))
def test_users_who_move_to_one_another_in_a_circle_come_to_rest_and_lose_nothing(seed: int, count: int) -> None:
    log, rng = Log(), Random(seed)
    names = [f"user {number}" for number in range(count)]
    for number, name in enumerate(names):
        log.append(touch(number, Kind.ENGAGE, name))
        log.append(touch(10 + number, None, name, aliases=(names[number - 1],)))
        if rng.random() < 0.5:
            log.work(rng.randrange(PARTITIONS), rng.randint(1, 3))
    log.settle(rng)
    for number, name in enumerate(names):
        log.append(touch(20 + number, Kind.ENGAGE, name))
    log.settle(rng)
    assert sum(profile.facts.touchpoints for profile in log.profiles.values()) == 3 * count
    assert any(not profile.facts.moved_to for profile in log.profiles.values())


def test_nobody_takes_over_more_than_so_many_keys() -> None:
    log = Log()
    for number in range(MAX_ALIASES + 5):
        log.append(touch(number, Kind.DISCOVER, f"anon:{number}"))
        log.append(signed_up(f"anon:{number}", "ada", number + 0.5))
    log.settle()
    assert len(log.facts("ada").aliases) == MAX_ALIASES
    assert log.facts("ada").touchpoints == 2 * MAX_ALIASES + 5
    assert log.facts(f"anon:{MAX_ALIASES}").touchpoints == 1, "it stays where it is"


def test_an_anonymous_id_that_many_users_claim_is_nobodys() -> None:
    log = Log()
    for number in range(MAX_CLAIMS + 1):
        log.append(touch(number, Kind.DISCOVER, "anon:kiosk"))
        log.append(signed_up("anon:kiosk", f"user {number}", number + 0.5))
        log.settle()
    log.append(touch(20, Kind.DISCOVER, "anon:kiosk"))
    log.settle()
    assert log.facts("anon:kiosk").moved_to == ""
    assert log.facts("anon:kiosk").touchpoints == 1
    assert sum(profile.facts.touchpoints for profile in log.profiles.values()) == 2 * (MAX_CLAIMS + 1) + 1


def test_a_merge_is_undone_by_folding_the_log_again() -> None:
    log = Log()
    log.append(touch(1, Kind.DISCOVER, "anon:v"))
    log.append(signed_up("anon:v", "ada", 2))
    log.append(touch(3, Kind.CONSIDER, "anon:v"))
    log.settle()
    apart = log.replayed(POLICY.model_copy(update={"keep_apart": frozenset({"anon:v"})}))
    assert apart.facts("ada").kinds == {Kind.ENGAGE: 1}
    assert apart.facts("anon:v").kinds == {Kind.DISCOVER: 1, Kind.CONSIDER: 1}


def test_predictions_made_of_a_visitor_wait_on_under_the_users_key() -> None:
    log = Log()
    log.append(touch(1, Kind.DISCOVER, "anon:v"))
    step = advance(Profile("anon:v"), [touch(1, Kind.DISCOVER, "anon:v")], day(1), FixedModels(), POLICY)
    step = advance(step.profile, [], step.profile.judgements.timer, FixedModels(), POLICY)
    while not step.profile.judgements.pending:
        step = advance(step.profile, [], step.profile.judgements.timer, FixedModels(), POLICY)
    made = step.profile.judgements.pending[0].made
    log.profiles["anon:v"] = step.profile
    later = (made - day(0)) / 86_400 + 1
    user = advance(Profile("ada"), [signed_up("anon:v", "ada", later)], day(later), FixedModels(), POLICY)
    given = advance(
        step.profile,
        [Touch("anon:v", day(later), "", note=user.notes[0], partition=0, offset=0)],
        day(later),
        FixedModels(),
        POLICY,
    )
    assert not given.profile.judgements.pending
    taken = advance(
        user.profile, [Touch("ada", day(later), "", note=given.notes[0])], day(later), FixedModels(), POLICY
    )
    assert next((one.made, one.touches) for one in taken.profile.judgements.pending) == (made, 1)
