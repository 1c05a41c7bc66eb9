"""The clock: the wall clock, or one that runs faster from an agreed instant on."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from schemas.settings import Settings, SettingsError
from streams.clock import Clock


def test_without_acceleration_it_is_the_wall_clock() -> None:
    before = time.time()
    assert before <= Clock(Settings()).now() <= time.time()


def test_an_accelerated_clock_meets_the_real_one_and_then_outruns_it() -> None:
    meets = datetime.now(UTC) - timedelta(seconds=10)
    clock = Clock(Settings(clock_speed=1000, clock_meets=meets))
    assert clock.now() - meets.timestamp() == pytest.approx((time.time() - meets.timestamp()) * 1000, rel=0.01)


def test_before_they_meet_it_is_behind() -> None:
    meets = datetime.now(UTC) + timedelta(hours=1)
    assert Clock(Settings(clock_speed=24, clock_meets=meets)).now() == pytest.approx(time.time() - 23 * 3600, abs=60)


def test_processes_with_the_same_settings_agree() -> None:
    settings = Settings(clock_speed=5000, clock_meets=datetime(2026, 1, 5))
    utc = Settings(clock_speed=5000, clock_meets=datetime(2026, 1, 5, tzinfo=UTC))
    assert Clock(settings).now() == pytest.approx(Clock(utc).now(), abs=5000 * 0.1)


def test_acceleration_needs_an_instant_to_start_from() -> None:
    with pytest.raises(SettingsError, match="EBBFLOW_CLOCK_MEETS"):
        Clock(Settings(clock_speed=10))
