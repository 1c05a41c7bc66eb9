"""`python -m dashboards dashboards/grafana` writes the dashboards as Grafana is provisioned with them."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import business, customers_at_risk, gateway, models, pipeline

_MODULES = (business, customers_at_risk, models, pipeline, gateway)


def documents() -> Iterator[tuple[str, str]]:
    """Each dashboard's file name and text."""
    for module in _MODULES:
        dashboard = module.build().build()
        for number, panel in enumerate(dashboard.panels or (), start=1):
            # Grafana numbers panels that have no number, and its links to them would change with every order.
            panel.id_val = number
        text = json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
        yield f"{module.__name__.rpartition('.')[2]}.json", text + "\n"


def main() -> None:
    """Write the files into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the files go; made when it is missing")
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in documents():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
