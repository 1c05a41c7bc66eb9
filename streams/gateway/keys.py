"""Write keys: who may publish."""

import base64
import binascii
from collections.abc import Iterable
from hmac import compare_digest

from schemas.credentials import Credential, credentials
from schemas.settings import Settings, SettingsError
from streams.gateway.refusal import Refusal


class WriteKeys:
    """The keys of this installation. They are compared in constant time, and never logged.

    Raises:
        SettingsError: if there is none.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = credentials(settings.write_keys)
        if not self._keys:
            raise SettingsError(
                "the gateway takes nothing in without a write key: set EBBFLOW_WRITE_KEYS, to what"
                " `openssl rand -hex 16` prints for example"
            )

    def check(self, presented: str | None) -> str:
        """The name of the key that is presented, which is the source of its touchpoints; raises `Refusal` (401) if it
        is none of ours."""
        if not presented:
            raise Refusal(401, "unauthorized", "a write key is missing", "send it as the user name of Basic")
        name = name_of(presented, self._keys)
        if name is None:
            raise Refusal(401, "unauthorized", "the write key is not one of this gateway's")
        return name


def name_of(presented: str, known: Iterable[Credential]) -> str | None:
    """The name of what is presented; none if it is not known. In constant time."""
    given = presented.encode(errors="surrogatepass")
    # All are compared, so that the time taken does not tell which one came close.
    found = [each.name for each in known if compare_digest(given, each.secret.encode())]
    return found[0] if found else None


def key_of_header(authorization: str) -> str | None:
    """The user name of Basic credentials; none if there are no such credentials."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
