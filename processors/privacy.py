"""Field rules: what is truncated, hashed or left out of an event before anybody keeps it."""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Literal

import msgspec

from schemas.fields import paths_of
from schemas.settings import Settings

Path = tuple[str, ...]
Change = Callable[[Any], Any]

_LEFT_OUT: Any = object()
_IP_NAMES = ("ip", "$ip", "ipAddress", "ip_address")
_IP_PLACES: tuple[Path, ...] = ((), ("context",), ("properties",), ("traits",), ("context", "traits"))
_PLAIN_V4 = re.compile(r"([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)[0-9]{1,3}").fullmatch
_NETWORK_V4 = 0xFFFFFF00
_NETWORK_V6 = ((1 << 48) - 1) << 80


class FieldRules:
    """The rules of an installation. They never change an event in place: parts of it may be those of others, too.

    A path leads through lists of objects: `properties.products.code` is that field of every product. One in `traits` is
    meant for those in `context.traits`, too. What several rules are about is left out before it is hashed, and hashed
    before it is truncated.
    """

    def __init__(
        self,
        ip: Literal["truncate", "keep", "drop"] = "truncate",
        dropped: Iterable[Path] = (),
        hashed: Iterable[Path] = (),
        key: str = "",
    ) -> None:
        self._places: dict[Path, dict[str, Change]] = {}
        self._key = key.encode()
        if ip != "keep":
            for place in _IP_PLACES:
                for name in _IP_NAMES:
                    self._add((*place, name), truncated if ip == "truncate" else _leave_out)
        for path in hashed:
            self._add(path, self._hash)
        for path in dropped:
            self._add(path, _leave_out)
        self._names = {name: change for changes in self._places.values() for name, change in changes.items()}

    @classmethod
    def of(cls, settings: Settings) -> "FieldRules":
        """The rules that these settings make."""
        return cls(
            settings.ip,
            paths_of(settings.drop_fields),
            paths_of(settings.hash_fields),
            settings.hash_key.get_secret_value(),
        )

    def apply(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event under these rules; the very object given if they change nothing."""
        for place, changes in self._places.items():
            event = _change(event, place, changes)
        return event

    def apply_anywhere(self, value: Any) -> bool:
        """Apply the rules, in place, to every field that has the name of one of theirs, wherever it is; says whether
        that changed anything. It is for what could be parsed, but not be understood.
        """
        changed, waiting = False, [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(item)
            elif isinstance(item, dict):
                after = _change_fields(item, self._names)
                if after is not item:
                    item.clear()
                    item.update(after)
                    changed = True
                waiting.extend(item.values())
        return changed

    def _add(self, path: Path, change: Change) -> None:
        *place, name = path
        self._places.setdefault(tuple(place), {})[name] = change
        if path[0] == "traits":
            self._add(("context", *path), change)

    def _hash(self, value: Any) -> Any:
        if value is None or value == "":
            return value
        text = value.encode() if isinstance(value, str) else msgspec.json.encode(value, order="sorted")
        return hmac.new(self._key, text, sha256).hexdigest()


def truncated(value: Any) -> Any:
    """The network that an IP address is in: the first 24 bits of version 4, 48 of version 6. What is no address is left
    out, since it cannot be said whom it names.
    """
    if value is None or value == "":
        return value
    if not isinstance(value, str):
        return _LEFT_OUT
    # As nearly all of them are written, and ten times faster than to parse them.
    if plain := _PLAIN_V4(value):
        return plain[1] + "0"
    try:
        address = ip_address(value.strip())
    except ValueError:
        return _LEFT_OUT
    if isinstance(address, IPv6Address):
        # These two have an address of version 4 inside, the second one in its first 48 bits.
        address = address.ipv4_mapped or address.sixtofour or address
    if isinstance(address, IPv4Address):
        return str(IPv4Address(int(address) & _NETWORK_V4))
    return str(IPv6Address(int(address) & _NETWORK_V6))


def _leave_out(_: Any) -> Any:
    return _LEFT_OUT


def _change(value: Any, place: Path, changes: Mapping[str, Change]) -> Any:
    if isinstance(value, list):
        # Objects only: the depth is the path's then, not the sender's choice.
        items = [_change(item, place, changes) if isinstance(item, dict) else item for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if not isinstance(value, dict):
        return value
    if not place:
        return _change_fields(value, changes)
    held = value.get(place[0])
    if held is None:
        return value
    new = _change(held, place[1:], changes)
    return value if new is held else {**value, place[0]: new}


def _change_fields(fields: dict[str, Any], changes: Mapping[str, Change]) -> dict[str, Any]:
    if changes.keys().isdisjoint(fields):
        return fields
    after = {name: changes[name](held) if name in changes else held for name, held in fields.items()}
    after = {name: held for name, held in after.items() if held is not _LEFT_OUT}
    return fields if after == fields else after
