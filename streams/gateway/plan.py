"""The tracking plan from its folder."""

from pathlib import Path

import msgspec

from processors.plan import Plan, PlanError
from schemas.settings import Settings, SettingsError


def load_plan(settings: Settings) -> Plan | None:
    """The plan of this installation; none if it has none.

    Raises:
        SettingsError: if it cannot be read, naming the file.
    """
    if not settings.plan:
        return None
    folder = Path(settings.plan)
    if not folder.is_dir():
        raise SettingsError(f"EBBFLOW_PLAN: {folder} is no folder; it should hold a JSON Schema for each event")
    schemas = {}
    for file in sorted(folder.glob("*.json")):
        try:
            schemas[file.name] = msgspec.json.decode(file.read_bytes())
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SettingsError(f"EBBFLOW_PLAN: {file} cannot be read: {error}") from None
    if not schemas:
        raise SettingsError(f"EBBFLOW_PLAN: {folder} holds no file that ends in .json")
    try:
        return Plan(schemas)
    except PlanError as error:
        raise SettingsError(f"EBBFLOW_PLAN: {folder}: {error}") from None
