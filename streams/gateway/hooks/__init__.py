"""The senders whose webhooks the gateway takes in, a module each: a new one is a new file.

A sender is found here by itself. Its module lists `HOOK`; what its payloads say is a mapping of `processors.mappings`.
"""

from importlib import import_module
from pkgutil import iter_modules

from schemas.settings import Settings, SettingsError
from streams.gateway.dialect import Route
from streams.gateway.hook import Hook

HOOKS: list[Hook] = [import_module(f"{__name__}.{found.name}").HOOK for found in iter_modules(__path__)]


def routes_of(settings: Settings) -> list[Route]:
    """Where they all send to; raises `SettingsError` if the settings speak of a sender, or a way of naming customers,
    that there is not."""
    known = [hook.name for hook in HOOKS]
    for unknown in sorted({*settings.hook_secrets, *settings.hook_customers}.difference(known)):
        raise SettingsError(f"no webhooks of {unknown!r} are understood: there are {', '.join(known)}")
    return [hook.route(settings) for hook in HOOKS]
