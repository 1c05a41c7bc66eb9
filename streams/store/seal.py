"""Seals: a model is pickled, and reading a pickle runs it, so nothing is read that was not sealed with our own key."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from schemas.settings import Settings

_SIZE = sha256().digest_size


class BrokenSealError(Exception):
    """Not sealed with our key, or changed since."""


class Seal:
    """HMAC-SHA256 in front of the payload."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, payload: bytes) -> bytes:
        """The payload with its seal."""
        return hmac.digest(self._key, payload, "sha256") + payload

    def open(self, sealed: bytes) -> bytes:
        """The payload, if the seal is ours and whole; raises `BrokenSealError` otherwise."""
        payload = sealed[_SIZE:]
        if not hmac.compare_digest(hmac.digest(self._key, payload, "sha256"), sealed[:_SIZE]):
            raise BrokenSealError(
                "the model in Redis was not sealed with this worker's key: give every worker the same EBBFLOW_MODEL_KEY"
            )
        return payload


def seal_of(settings: Settings) -> Seal:
    """The seal by `EBBFLOW_MODEL_KEY`, or by a key file that is made for this user on first use."""
    key = settings.model_key.get_secret_value()
    return Seal(key.encode() if key else _key_file().read_bytes())


def _key_file() -> Path:
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = state / "ebbflow" / "model.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_hex(32).encode())
        # Linking fails if another process was first; then its key is the key.
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path
