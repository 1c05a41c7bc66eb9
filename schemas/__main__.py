"""`python -m schemas docs/schemas` writes a JSON Schema (draft 2020-12) of everything that crosses a boundary."""

import argparse
import json
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from schemas.actions import Trial
from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.quality import Quality
from schemas.rated_text import RatedText
from schemas.rejected import Rejected
from schemas.touchpoint import Touchpoint

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS = (Touchpoint, Alert, Outcome, Trial, RatedText, Rejected, Policy, Quality)


def documents() -> Iterator[tuple[str, str]]:
    """Each schema's file name and text."""
    for model in _MODELS:
        # As written, not as read: only there are durations spelled the way they are read, `30d`.
        yield _document(model.__name__, model.model_json_schema(by_alias=True, mode="serialization"))
    yield _document(Profile.__name__, _profile())


def _profile() -> dict[str, Any]:
    schema = msgspec.json.schema(Profile)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    return schema


def _document(name: str, schema: dict[str, Any]) -> tuple[str, str]:
    text = json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False)
    return f"{name.lower()}.json", text + "\n"


def main() -> None:
    """Write the files into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m schemas", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the files go; made when it is missing")
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in documents():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
