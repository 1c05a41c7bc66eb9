"""What a worker remembers is bounded in bytes, however its profiles grow."""

from schemas.profile import Profile
from streams.worker.remembered import Remembered


def test_whoever_was_not_saved_for_longest_goes_when_there_is_no_more_room() -> None:
    remembered = Remembered(most=100)
    remembered.keep([(Profile(name), 30) for name in "abc"])
    remembered.keep([(Profile("a"), 35)])
    assert set(remembered.some("abcd")) == set("abc")
    remembered.keep([(Profile("d"), 30)])
    assert set(remembered.some("abcd")) == set("acd")
    remembered.keep([(Profile("a"), 60)])
    assert set(remembered.some("abcd")) == set("ad")


def test_what_is_forgotten_makes_room() -> None:
    remembered = Remembered(most=100)
    remembered.keep([(Profile(name), 50) for name in "ab"])
    remembered.forget("az")
    remembered.keep([(Profile("c"), 50)])
    assert set(remembered.some("abc")) == set("bc")
    remembered.forget_all()
    remembered.keep([(Profile(name), 50) for name in "xy"])
    assert set(remembered.some("abcxy")) == set("xy")
