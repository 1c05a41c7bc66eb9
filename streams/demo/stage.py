"""What the demo needs to run: a broker, a store, a gateway, two workers, each a process, and settings for all."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Self

import httpx

from schemas.settings import Settings, load_settings
from streams.demo.figures import MetricsReader
from streams.demo.shopper import DAY
from streams.demo.team import ACTIONS
from streams.embedded.companion import Companion
from streams.embedded.stack import EmbeddedStack, free_port
from streams.topics import declare

DAYS_A_SECOND = 2
_BEGINS_BEFORE = timedelta(days=730)
_READY_WITHIN = 30.0
# A business of fast weeks: two days go by in a second, and nobody watches for a quarter of a year.
_POLICY = {
    "HORIZON": "14d",
    "ACTIVITY": "45d",
    "ENGAGEMENT_WINDOW": "7d",
    "PREDICT_EVERY": "7d",
    "ENGAGEMENT_LEAST": "6",
    "HOLD": "1d",
    "COOL_DOWN": "10d",
    "ACTIONS": json.dumps(ACTIONS),
    "HOLD_OUT": "0.2",
    "SEGMENTS": json.dumps(
        {"big-spenders": "revenue > 200", "in-trouble": "lately.friction >= 1 or lately.service >= 1"}
    ),
}
# Real time costs two days of stream time a second, on the way from the shop to the worker too.
_PACE = {"TICK": "1d", "TICK_EVERY": "500ms", "LIVE_WITHIN": "60d", "LATENESS": "1d"}


class Stage:
    """Everything up and ready for as long as the `with` lasts; the processes are ended with it.

    It sets the environment of this process, which its children inherit.
    """

    def __init__(self) -> None:
        self.write_key, self.read_token = token_hex(16), token_hex(8)
        self._stack = EmbeddedStack()
        self._companions: list[Companion] = []
        self._cleanup = ExitStack()
        self.ports: Mapping[str, int] = {
            role: free_port() for role in ("gateway", "gateway_metrics", "profiles", "learner", "console")
        }
        """Where gateway and console listen, and where the gateway and the workers show their metrics."""
        self.gateway_url = f"http://127.0.0.1:{self.ports['gateway']}"
        self.console_url = f"http://127.0.0.1:{self.ports['console']}" if find_spec("nicegui") else ""
        """Where the console is; empty without its extra."""

    def __enter__(self) -> Self:
        """Start everything and wait until all of it is ready.

        Raises:
            EmbeddedError: if something does not come up; with its last words.
        """
        with ExitStack() as undo:
            undo.enter_context(self._stack)
            os.environ.update(self._environment())
            self.settings: Settings = load_settings()
            declare(self.settings)
            logs = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="ebbflow-demo-")))
            gateway = self._companion(undo, "the gateway", "gateway", logs, {})
            workers = [
                self._companion(undo, f"the {role} worker", "worker", logs, self._role(role))
                for role in ("profiles", "learner")
            ]
            if self.console_url:
                console = self._companion(undo, "the console", "console", logs, {})
            self.metrics = MetricsReader(self._metrics_url("profiles"), self._metrics_url("learner"))
            undo.callback(self.metrics.close)
            gateway.wait_until(lambda: _is_up(self.gateway_url), _READY_WITHIN)
            if self.console_url:
                console.wait_until(lambda: _is_up(self.console_url), _READY_WITHIN)
            for worker in workers:
                worker.wait_until(self.metrics.ready, _READY_WITHIN)
            self._cleanup = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        # All at once: each takes seconds to say goodbye.
        with ThreadPoolExecutor() as pool:
            list(pool.map(Companion.stop, self._companions))
        self._companions.clear()
        self._cleanup.close()

    def check(self) -> None:
        """Make sure that all of it still runs.

        Raises:
            EmbeddedError: if something has ended; with its last words.
        """
        self._stack.check()
        for companion in self._companions:
            companion.check()

    def _environment(self) -> dict[str, str]:
        speed = DAYS_A_SECOND * DAY
        # The fast clock overtakes the real one once it has gone through what it begins before.
        meets = datetime.now(UTC) + _BEGINS_BEFORE / (speed - 1)
        return {
            **self._stack.environment(),
            "EBBFLOW_PARTITIONS": "2",
            "EBBFLOW_GATEWAY_HOST": "127.0.0.1",
            "EBBFLOW_GATEWAY_PORT": str(self.ports["gateway"]),
            "EBBFLOW_GATEWAY_METRICS_PORT": str(self.ports["gateway_metrics"]),
            "EBBFLOW_METRICS_HOST": "127.0.0.1",
            "EBBFLOW_CONSOLE_HOST": "127.0.0.1",
            "EBBFLOW_CONSOLE_PORT": str(self.ports["console"]),
            # Whoever set these for their own installation need not sign in to the demo.
            "EBBFLOW_TEAM_TOKENS": "",
            "EBBFLOW_ADMIN_TOKENS": "",
            "EBBFLOW_READ_TOKENS": self.read_token,
            "EBBFLOW_WRITE_KEYS": self.write_key,
            "EBBFLOW_MODEL_KEY": token_hex(32),
            # What a worker says before it dies is shown, so it should be about that.
            "EBBFLOW_LOG_LEVEL": "warning",
            "EBBFLOW_CLOCK_SPEED": str(speed),
            "EBBFLOW_CLOCK_MEETS": meets.isoformat(),
            **{f"EBBFLOW_{name}": value for name, value in _PACE.items()},
            **{f"EBBFLOW_POLICY__{name}": value for name, value in _POLICY.items()},
        }

    def _role(self, role: str) -> dict[str, str]:
        return {"EBBFLOW_ROLE": role, "EBBFLOW_WORKER_METRICS_PORT": str(self.ports[role])}

    def _companion(
        self, undo: ExitStack, name: str, command: str, logs: Path, environment: Mapping[str, str]
    ) -> Companion:
        log = logs / f"{len(self._companions)}.log"
        program = [sys.executable, "-m", "streams.cli", command]
        companion = undo.enter_context(Companion(name, program, log, environment))
        self._companions.append(companion)
        return companion

    def _metrics_url(self, role: str) -> str:
        return f"http://127.0.0.1:{self.ports[role]}/metrics"


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
