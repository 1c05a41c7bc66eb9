"""When a delivery is tried again."""

from datetime import timedelta

import pytest

from processors.backoff import LONGEST_REST, LONGEST_WAIT, Verdict, asked_to_wait, judge, rest_before, wait_before


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (202, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (301, Verdict.REFUSED),
        (307, Verdict.REFUSED),
        (400, Verdict.REFUSED),
        (401, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (410, Verdict.REFUSED),
        (408, Verdict.AGAIN),
        (425, Verdict.AGAIN),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (503, Verdict.AGAIN),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, verdict: Verdict) -> None:
    assert judge(status) is verdict


def test_waits_double_from_a_second_to_a_quarter_of_an_hour() -> None:
    assert [wait_before(tries, 0.0) for tries in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert wait_before(11, 0.0) == wait_before(100_000, 0.0) == LONGEST_WAIT
    assert wait_before(3, 1.0) == 2.0
    assert rest_before(100, 0.0) == LONGEST_REST


def test_retries_of_three_days_are_few() -> None:
    seconds, tries = 0.0, 0
    while seconds < timedelta(days=3).total_seconds():
        tries += 1
        seconds += wait_before(tries, 0.5)
    assert 200 < tries < 500


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Wed, 25 Nov 2026 12:01:00 GMT", 60.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),
        ("Wed, 25 Nov 2026 12:01:00 -0000", 60.0),
        ("99999999999999999999", 3600.0),
        ("soon", 0.0),
        ("", 0.0),
        ("-5", 0.0),
        ("²", 0.0),
        ("Wed, 99 Nov 2026 12:01:00 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float) -> None:
    noon = 1_795_608_000.0
    assert asked_to_wait({"retry-after": said}, noon) == seconds


def test_no_retry_after_is_no_wait() -> None:
    assert asked_to_wait({}, 0.0) == 0.0
