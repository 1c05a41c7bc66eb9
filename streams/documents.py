"""`python -m streams.documents docs` writes what machines read of Ebbflow's API: OpenAPI of the gateway, AsyncAPI of
the topics."""

import argparse
import io
import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr
from ruamel.yaml import YAML

from schemas.settings import Settings
from streams.asyncapi import asyncapi
from streams.gateway.app import create_app
from streams.gateway.keys import WriteKeys
from streams.gateway.metrics import GatewayMetrics
from streams.producer import Producer

_WIDTH = 120


def documents() -> Iterator[tuple[str, str]]:
    """Each document's file name and text. They are about the code: settings of this machine have no part in them."""
    settings = Settings.model_construct(write_keys=SecretStr("only-to-describe"))
    app = create_app(settings, WriteKeys(settings), Producer(settings), GatewayMetrics())
    yield "openapi.json", json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    text, yaml = io.StringIO(), YAML()
    yaml.width = _WIDTH
    # By way of JSON, whose values are plain ones.
    yaml.dump(json.loads(json.dumps(asyncapi())), text)
    yield "asyncapi.yaml", text.getvalue()


def main() -> None:
    """Write the files into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m streams.documents", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the files go")
    directory: Path = parser.parse_args().directory
    for name, text in documents():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
