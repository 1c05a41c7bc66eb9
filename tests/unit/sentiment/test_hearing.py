"""What becomes of the texts among a customer's touches, in the one step that everything takes."""

import pytest

from processors.advance import Step, advance
from processors.models import Heard, NoModels
from processors.sentiment.hearing import lessons_of, moods_of, written_in
from processors.sentiment.praise import is_praise
from processors.sentiment.tokens import tokens
from schemas.consent import Purpose
from schemas.details import Details
from schemas.judgements import Mood
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Handover, Touch
from tests.unit.making import POLICY, FixedModels, day, touch

GLAD, CROSS = FixedModels(heard=Heard("positive", 0.8)), FixedModels(heard=Heard("negative", -0.6))


def wrote(at: float, text: str = "Lovely lamp, ada@example.org", rating: float | None = None, **more: object) -> Touch:
    kind = Kind.SERVICE if rating is None else Kind.FEEDBACK
    return touch(at, kind, details=Details(text=text), rating=rating, **more)  # type: ignore[arg-type]


def after(profile: Profile, *touches: Touch, models: FixedModels | NoModels = GLAD, policy: Policy = POLICY) -> Step:
    return advance(profile, touches, max(each.at for each in touches), models, policy)


def test_a_rated_text_teaches_without_saying_who_or_what() -> None:
    (lesson,) = after(Profile("ada"), wrote(1, rating=1.0)).texts
    assert lesson.tokens == tokens("Lovely lamp")
    assert lesson.rating == 1.0
    said = lesson.model_dump_json()
    assert not any(word in said for word in ("ada", "ovely", "lamp"))


@pytest.mark.parametrize(("rating", "praise"), [(1.0, True), (0.75, True), (0.5, None), (0.25, False), (0.0, False)])
def test_ratings_in_between_teach_nothing(rating: float, praise: bool | None) -> None:
    assert is_praise(rating) is praise
    assert len(after(Profile("ada"), wrote(1, rating=rating)).texts) == (praise is not None)


def test_texts_without_a_rating_and_ratings_without_a_text_teach_nothing() -> None:
    step = after(Profile("ada"), wrote(1), touch(2, Kind.FEEDBACK, rating=1.0), wrote(3, text="...", rating=1.0))
    assert not step.texts
    assert step.heard == ["positive", "positive"]


def test_what_is_sent_again_teaches_once() -> None:
    first = after(Profile("ada"), wrote(1, rating=0.0, message_id="m-1", partition=0, offset=1))
    again = after(first.profile, wrote(1, rating=0.0, message_id="m-1", partition=0, offset=2))
    assert (len(first.texts), len(again.texts)) == (1, 0)


def test_a_message_has_the_same_id_under_each_key_of_a_person() -> None:
    """A browser sends again under the user's id what it sent without: the learner is to know it."""
    (visitor,) = lessons_of(written_in([wrote(1, rating=1.0, customer="anon:1", message_id="m-1")]))
    (user,) = lessons_of(written_in([wrote(1, rating=1.0, customer="ada", message_id="m-1")]))
    assert visitor.id == user.id


def test_two_customers_who_write_the_same_teach_twice() -> None:
    lessons = lessons_of(written_in([wrote(1, rating=1.0, customer=name) for name in ("ada", "ben")]))
    assert len({each.id for each in lessons}) == 2


def test_a_ticket_is_judged_and_the_profile_has_it() -> None:
    step = after(Profile("ada"), wrote(1), models=CROSS)
    assert step.profile.judgements.mood == Mood("negative", day(1), 1, -0.6, 1.0)


def test_before_the_model_knows_anything_it_is_unknown() -> None:
    mood = after(Profile("ada"), wrote(1), models=NoModels()).profile.judgements.mood
    assert mood is not None
    assert (mood.label, mood.score, mood.texts) == ("unknown", None, 0)


def test_what_was_said_long_ago_weighs_less_and_the_last_text_is_the_latest() -> None:
    first = after(Profile("ada"), wrote(1), models=GLAD).profile
    mood = after(first, wrote(31), models=CROSS).profile.judgements.mood
    assert mood is not None
    assert mood.score == pytest.approx((0.5 * 0.8 - 0.6) / 1.5, abs=1e-3)
    late = after(after(Profile("ada"), wrote(31), models=CROSS).profile, wrote(1), models=GLAD).profile.judgements.mood
    assert late == mood, "it does not matter in which order they come"


def test_what_the_team_answers_is_not_the_customers_mood() -> None:
    answer = Touch("ada", day(1), "Live Chat Message Received", Kind.SERVICE, details=Details(text="So sorry!"))
    assert after(Profile("ada"), answer).profile.judgements.mood is None


def test_other_touches_leave_the_mood_as_it_is() -> None:
    first = after(Profile("ada"), wrote(1)).profile
    step = after(first, touch(2), touch(3, Kind.PURCHASE, amount=5.0))
    assert step.profile.judgements.mood is first.judgements.mood
    assert moods_of(written_in([touch(2)]), GLAD) == []


def test_who_does_not_want_to_be_scored_neither_teaches_nor_is_judged() -> None:
    step = after(Profile("ada"), touch(1, consent=(Purpose.PROFILING,)), wrote(2, rating=0.0))
    assert step.profile.facts.unprofiled
    assert not step.texts
    assert step.profile.judgements.mood is None


def test_it_can_be_turned_off() -> None:
    step = after(Profile("ada"), wrote(1, rating=0.0), policy=Policy(without=frozenset({"sentiment"})))
    assert not step.texts
    assert step.profile.judgements.mood is None


def test_the_mood_of_a_visitor_is_the_users_when_they_turn_out_to_be_one() -> None:
    visitor = after(Profile("anon:1"), wrote(1, customer="anon:1"), models=CROSS).profile
    asks = Touch("anon:1", day(2), "", note=Handover("anon:1", "ada"), partition=0, offset=9)
    left = after(visitor, asks)
    assert left.profile.judgements.mood is None
    (note,) = left.notes
    user = after(Profile("ada"), wrote(1, customer="ada"), models=GLAD).profile
    mood = after(user, Touch("ada", day(2), "", note=note, partition=1, offset=3)).profile.judgements.mood
    assert mood is not None
    assert (mood.texts, mood.score) == (2, pytest.approx(0.1))
