"""`ebbflow topics`"""

from rich.console import Console
from rich.table import Table

from schemas.settings import load_settings
from streams.availability import wait_for_broker

_PIPED_WIDTH = 200


def topics() -> None:
    """Declare the topics that are missing, and show how full each is."""
    from streams.topics import declare, describe

    settings = load_settings()
    wait_for_broker(settings)
    created = declare(settings).created
    table = Table(box=None, pad_edge=False)
    table.add_column("topic")
    table.add_column("partitions", justify="right")
    table.add_column("records", justify="right")
    table.add_column("topic id")
    table.add_column("")
    for topic in describe(settings):
        mark = "made now" if topic.name in created else ""
        table.add_row(topic.name, f"{topic.partitions}", f"{topic.records:,}", topic.topic_id, mark)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    console.print(table)
