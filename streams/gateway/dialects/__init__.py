"""The dialects that the gateway understands, a module each: a new one is a new file."""

from importlib import import_module
from pkgutil import iter_modules

from streams.gateway.dialect import Page, Route

_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

ROUTES: list[Route] = [route for module in _MODULES for route in getattr(module, "ROUTES", ())]
PAGES: list[Page] = [page for module in _MODULES for page in getattr(module, "PAGES", ())]
