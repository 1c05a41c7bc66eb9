"""`ebbflow settings`"""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.duration import format_duration
from schemas.settings import CONFIG_FILE, load_settings
from streams.availability import address_of_redis


def settings() -> None:
    """Every setting: its environment variable, its value now, what it is for."""
    table = Table(title=f"Set by environment, or in {CONFIG_FILE} (lower case, without the prefix)", title_style="")
    for heading in ("variable", "value", "what it is for"):
        table.add_column(heading, overflow="fold")
    _add_rows(table, load_settings(), "EBBFLOW_")
    Console().print(table)


def _add_rows(table: Table, model: BaseModel, prefix: str) -> None:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            _add_rows(table, value, f"{prefix}{name.upper()}__")
        else:
            changed = value != field.get_default(call_default_factory=True)
            table.add_row(
                f"{prefix}{name.upper()}",
                escape(address_of_redis(value) if name == "redis_url" else _spell(value)),
                escape(field.description or ""),
                style="bold" if changed else None,
            )


def _spell(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else "(not set)"
    if isinstance(value, BaseModel):
        return (
            "{" + ", ".join(f"{name} = {_spell(getattr(value, name))}" for name in sorted(value.model_fields_set)) + "}"
        )
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_spell(held)}" for name, held in value.items())
    return format_duration(value) if isinstance(value, timedelta) else "" if value is None else str(value)
