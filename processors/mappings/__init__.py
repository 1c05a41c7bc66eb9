"""The mappings that Ebbflow brings, a module each: a new one is a new file."""

from importlib import import_module
from pkgutil import iter_modules

from processors.mapping import Source

_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

SOURCES: dict[str, Source] = {source.name: source for module in _MODULES for source in module.SOURCES}
