"""The clock of the processes: the wall clock, or for demonstrations and tests one that runs faster."""

import time
from datetime import UTC

from schemas.settings import Settings, SettingsError


class Clock:
    """Tells the time: `clock_speed` times faster than the real clock, with which it agrees at `clock_meets`.

    Processes with the same settings agree on the time without asking one another.

    Raises:
        SettingsError: if the clock is to run at another speed but not told where it meets the real one.
    """

    def __init__(self, settings: Settings) -> None:
        self._speed, self._meets = settings.clock_speed, 0.0
        if settings.clock_meets is not None:
            meets = settings.clock_meets
            self._meets = (meets if meets.tzinfo else meets.replace(tzinfo=UTC)).timestamp()
        elif self._speed != 1.0:
            raise SettingsError(
                "EBBFLOW_CLOCK_SPEED is not 1, so EBBFLOW_CLOCK_MEETS has to say when this clock and the real one "
                "agree, as in 2026-01-01T00:00:00Z; all processes need the same"
            )

    def now(self) -> float:
        """The time, in epoch seconds."""
        real = time.time()
        return real if self._speed == 1.0 else self._meets + (real - self._meets) * self._speed
