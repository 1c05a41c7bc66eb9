"""What RudderStack's browser SDK asks for first; its events come in the words and by the routes of Segment's spec."""

from typing import Any

from streams.gateway.dialect import Asked, Page


def _source(_: Asked, key: str) -> dict[str, Any]:
    """What the SDK gives up without: an enabled source that has no other destinations and measures nothing."""
    silent = {"enabled": False}
    return {
        "source": {
            "id": "ebbflow",
            "name": "Ebbflow",
            "writeKey": key,
            "enabled": True,
            "workspaceId": "ebbflow",
            "config": {"statsCollection": {"errors": silent, "metrics": silent}},
            "destinations": [],
        }
    }


PAGES = [
    Page(path, lambda asked: asked.query.get("writeKey"), _source, "Source configuration of RudderStack's browser SDK")
    for path in ("/sourceConfig/", "/sourceConfig")
]
