"""Keys and tokens as a setting names them: `web=KEY1,ios=KEY2,KEY3`."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, SecretStr

UNNAMED = "default"
_SHORTEST = 8
_NAMED = re.compile(rf"([a-z0-9_-]{{1,32}})=\s*(.{{{_SHORTEST},}})", re.DOTALL)


@dataclass(frozen=True)
class Credential:
    """One of them: who it was given to, and what they present."""

    name: str
    secret: str = field(repr=False)


def credentials(said: SecretStr) -> list[Credential]:
    """What a setting lists. What follows `=` is the secret only if it is a whole one: a secret may end in `=`."""
    found = []
    for part in filter(None, map(str.strip, said.get_secret_value().split(","))):
        named = _NAMED.fullmatch(part)
        found.append(Credential(named[1], named[2]) if named else Credential(UNNAMED, part))
    return found


def _check(said: SecretStr) -> SecretStr:
    for credential in credentials(said):
        if len(credential.secret) < _SHORTEST:
            raise ValueError(
                f"each needs at least {_SHORTEST} characters; `openssl rand -hex 16` makes a good one."
                " A name before it is written `name=`, of small letters, digits, _ and -"
            )
    return said


Credentials = Annotated[SecretStr, AfterValidator(_check)]
