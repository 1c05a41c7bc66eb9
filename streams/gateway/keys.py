"""Write keys: who may publish."""

import base64
import binascii
from collections.abc import Mapping
from hmac import compare_digest

import msgspec

from schemas.settings import Settings, SettingsError
from streams.gateway.refusal import Refusal


class WriteKeys:
    """The keys of this installation. They are compared in constant time, and never logged.

    Raises:
        SettingsError: if there is none.
    """

    def __init__(self, settings: Settings) -> None:
        said = settings.write_keys.get_secret_value().split(",")
        self._keys = [key.strip().encode() for key in said if key.strip()]
        if not self._keys:
            raise SettingsError(
                "the gateway takes nothing in without a write key: set EBBFLOW_WRITE_KEYS, to what"
                " `openssl rand -hex 16` prints for example"
            )

    def check(self, presented: str | None) -> None:
        """Let the holder of a key pass; raises `Refusal` (401) for anybody else."""
        if not presented:
            raise Refusal(401, "unauthorized", "a write key is missing", "send it as the user name of Basic")
        given = presented.encode(errors="surrogatepass")
        # All are compared, so that the time taken does not tell which one came close.
        if not sum(compare_digest(given, key) for key in self._keys):
            raise Refusal(401, "unauthorized", "the write key is not one of this gateway's")


def key_of_header(authorization: str) -> str | None:
    """The user name of Basic credentials; none if there are no such credentials."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def key_of_body(parts: Mapping[str, bytes]) -> str | None:
    """The member `writeKey` of a body; none if there is no such text."""
    try:
        return msgspec.json.decode(parts.get("writeKey", b""), type=str) or None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
