"""Durations: what people write is read, what is written is read back, and everything else is refused in words."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("6h", 21600), ("30d", 2592000), ("2w", 1209600), ("1d12h", 129600), ("250ms", 0.25)],
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_spaces_and_fractions_are_understood() -> None:
    assert parse_duration(" 1.5 h 30 m ") == timedelta(hours=2)


@pytest.mark.parametrize("text", ["", "30", "d", "30 days", "-5s", "1h-", "5y", "P30D", "nan s", "1e3s"])
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="30d"):
        parse_duration(text)


def test_longer_than_any_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="calendar"):
        parse_duration("999999999999999d")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
@example(timedelta(0))
def test_what_is_written_is_read_back_to_the_millisecond(value: timedelta) -> None:
    value = timedelta(milliseconds=round(value.total_seconds() * 1000))
    assert parse_duration(format_duration(value)) == value


@given(st.text(alphabet="0123456789.dhmsw e-+", max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)
