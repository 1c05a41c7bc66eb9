"""The policy of the moment: as the worker was started, with the rules and segments that `ebbflow.toml` has by now."""

import logging
import time
from pathlib import Path

from processors.prescribing import ActionError, conditions
from processors.rules import RuleError, ready
from processors.segments.own import SegmentError, definitions
from schemas.policy import Policy
from schemas.settings import CONFIG_FILE, Settings, SettingsError, load_settings
from streams.worker import metrics

logger = logging.getLogger(__name__)

_TAKEN_ANEW = ("rules", "segments", "segment_alerts")
"""What of the policy may change while a worker runs: what it makes of customers, and not what it remembers of them."""


class CurrentPolicy:
    """Holds one policy at a time, whose rules can be followed, and whose segments can be told apart.

    Raises:
        SettingsError: if they cannot, with the place in the text and what would be right.
    """

    def __init__(self, settings: Settings, file: Path = Path(CONFIG_FILE)) -> None:
        self._file, self._seen = file, _stamp(file)
        self.policy = _checked(settings.policy)
        _show(self.policy)

    def look(self) -> None:
        """Take what changed in the file. If it is wrong, or the file is gone, what is at hand goes on."""
        stamp = _stamp(self._file)
        if stamp in (self._seen, None):
            return
        self._seen = stamp
        try:
            told = load_settings().policy
            policy = _checked(self.policy.model_copy(update={name: getattr(told, name) for name in _TAKEN_ANEW}))
        except (SettingsError, OSError) as error:
            metrics.RULES_REFUSED.set(1)
            logger.error("Refused the changed %s, and follow the rules from before: %s", self._file.name, error)
            return
        if policy != self.policy:
            self.policy = policy
            logger.info("Follow the changed %s; rules in it: %d", self._file.name, len(policy.rules))
        _show(policy)


def _checked(policy: Policy) -> Policy:
    try:
        definitions(policy)
        ready(policy)
        conditions(policy)
    except SegmentError as error:
        raise SettingsError(f"a segment is wrong: {error}") from None
    except (RuleError, ActionError) as error:
        raise SettingsError(f"a rule is wrong: {error}") from None
    return policy


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """What tells one state of a file from another; none while there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _show(policy: Policy) -> None:
    metrics.RULES.set(len(policy.rules))
    metrics.RULES_REFUSED.set(0)
    metrics.RULES_LOADED_AT.set(time.time())
