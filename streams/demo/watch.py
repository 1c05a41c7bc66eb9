"""Watching the demo from outside: its metrics and its alerts, gathered into what is shown."""

import time
from collections import deque
from dataclasses import replace

from schemas.alert import Alert
from streams.clock import Clock
from streams.demo.feed import AlertFeed
from streams.demo.figures import Figures, MetricsReader
from streams.demo.team import Team
from streams.demo.view import Scene

_FIGURES_EVERY = 1.0
_RATE_OVER = 4
_SHOW_EVERY = 1.5
_MOST_SHOWN = 20


class Watch:
    """Looks at the metrics and the alerts, of which the team hears. `warm_since` is the stream time at which the model
    was first seen warm."""

    def __init__(self, metrics: MetricsReader, feed: AlertFeed, team: Team, clock: Clock) -> None:
        self.warm_since: float | None = None
        self._metrics, self._feed, self._team, self._clock = metrics, feed, team, clock
        self._began = time.monotonic()
        self._history: deque[tuple[float, Figures]] = deque([(self._began, Figures())], maxlen=_RATE_OVER + 1)
        self._newest: deque[Alert] = deque(maxlen=_MOST_SHOWN)
        self._shown_at = 0.0

    def look(self) -> Scene:
        """How things stand now. To be called a few times a second."""
        now = time.monotonic()
        alerts = self._feed.poll()
        self._team.hear(alerts)
        self._show_one_of(alerts, now)
        if now >= self._history[-1][0] + _FIGURES_EVERY:
            self._read_figures(now)
        (before, earlier), (last, figures) = self._history[0], self._history[-1]
        rate = (figures.touchpoints - earlier.touchpoints) / (last - before) if last > before else 0.0
        return Scene(self._clock.now(), now - self._began, rate, figures, self._feed.opened, list(self._newest))

    def drain(self, published: int, within: float) -> Scene:
        """How things stand once the worker is done with everything published, or after so many seconds."""
        began = time.monotonic()
        while self._read_figures(time.monotonic()).read < published and time.monotonic() < began + within:
            time.sleep(0.1)
        return replace(self.look(), elapsed=began - self._began)

    def _read_figures(self, now: float) -> Figures:
        figures = self._metrics.read() or self._history[-1][1]
        self._history.append((now, figures))
        if figures.warm and self.warm_since is None:
            self.warm_since = self._clock.now()
        return figures

    def _show_one_of(self, alerts: list[Alert], now: float) -> None:
        """Several alerts open in a second; nobody can read them all, so every kind gets its turn."""
        opened = [alert for alert in alerts if alert.state == "opened"]
        if not opened or now < self._shown_at + _SHOW_EVERY:
            return
        kinds = [alert.kind for alert in self._newest]
        # The kind that was shown longest ago comes first.
        turn = {kind: kinds.index(kind) for kind in kinds}
        self._newest.appendleft(max(opened, key=lambda alert: turn.get(alert.kind, len(kinds))))
        self._shown_at = now
