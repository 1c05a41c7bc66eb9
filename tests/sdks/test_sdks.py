"""Every common SDK, unmodified, told nothing but another host: each event arrives once, and means what it should."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.kinds import Kind
from tests.harness import wait_until
from tests.sdks.driving import BrowserSdk, NodeSdk, PythonSdk, Sdk, Story, running
from tests.sdks.environments import node_modules
from tests.sdks.servers import pages, proxy_of
from tests.sdks.world import World

pytestmark = [pytest.mark.sdks, pytest.mark.integration, pytest.mark.timeout(240)]

_ARRIVES_WITHIN = 90.0
_BY_THE_CLOCK = 3.0
"""Seconds by which a corrected date may be off: SDKs say when they sent, not when it arrived."""

PAGE, WHO, ALIAS = ("Home", Kind.DISCOVER), ("identify", None), ("alias", None)
ORDER, TICKET = ("Order Completed", Kind.PURCHASE), ("Ticket Created", Kind.SERVICE)
SIGNED_IN = ("Signed In", Kind.ENGAGE)
SEGMENT = (PAGE, WHO, ORDER, TICKET)
MIXPANEL = (PAGE, SIGNED_IN, WHO, ORDER, TICKET)
SNOWPLOW = (PAGE, ("order_completed", Kind.PURCHASE), TICKET)


@dataclass(frozen=True)
class Case:
    """An SDK, and what its story says: names and kinds. Without `again` it gives up when it is answered with 503, or
    is not tried there."""

    sdk: Sdk
    says: tuple[tuple[str, Kind | None], ...] = SEGMENT
    again: bool = True


CASES = {
    "segment-python": Case(PythonSdk("segment-analytics-python==2.4.0", "segment_python.py")),
    "segment-python-2.3.4": Case(PythonSdk("segment-analytics-python==2.3.4", "segment_python.py")),
    "segment-node": Case(NodeSdk("segment_node.js")),
    # What these send again after `identify` they send under the user's key, and the visitor's has it, too.
    "segment-browser": Case(BrowserSdk("segment.html")),
    "segment-browser-batching": Case(BrowserSdk("segment.html", {"batching": "yes"})),
    "rudder-python": Case(PythonSdk("rudder-sdk-python==2.1.9", "rudder_python.py")),
    "rudder-node": Case(NodeSdk("rudder_node.js")),
    "rudder-browser": Case(BrowserSdk("rudder.html")),
    "rudder-browser-beacon": Case(BrowserSdk("rudder.html", {"beacon": "yes"}), again=False),
    "posthog-python": Case(PythonSdk("posthog==7.91.1", "posthog_python.py"), (PAGE, ALIAS, WHO, ORDER, TICKET)),
    "mixpanel-python": Case(PythonSdk("mixpanel==5.4.1", "mixpanel_python.py", ("direct",)), MIXPANEL, again=False),
    "mixpanel-python-buffered": Case(PythonSdk("mixpanel==5.4.1", "mixpanel_python.py", ("buffered",)), MIXPANEL),
    "snowplow-python": Case(PythonSdk("snowplow-tracker==1.1.0", "snowplow_python.py"), SNOWPLOW),
    "cloudevents-python": Case(
        PythonSdk("cloudevents==2.2.0", "cloudevents_python.py"), (ORDER, TICKET, SIGNED_IN, SIGNED_IN), again=False
    ),
}


def each(*, again: bool = False) -> pytest.MarkDecorator:
    """Every case, or every one whose SDK sends again."""
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=name) for name, case in CASES.items() if case.again or not again]
    )


def check(world: World, case: Case, story: Story) -> None:
    """Fail unless everything was published under the right key and folded once, with the right time, name and kind."""
    world.settle()
    by_id = {touch.digest: touch for touch in world.published(story.keys)}
    assert Counter((touch.name, touch.kind) for touch in by_id.values()) == Counter(case.says)
    for touch in by_id.values():
        assert touch.customer == story.user or touch.kind is Kind.DISCOVER
        expected = (42.5, "EUR") if touch.kind is Kind.PURCHASE else (None, "")
        assert (touch.amount, touch.currency) == expected

    profile = world.profile(story.user)
    assert profile is not None
    facts = profile.facts
    assert facts.touchpoints == len(case.says)
    # What only says who somebody is has no kind, and is not remembered as something that happened.
    meant = Counter(said for said in case.says if said[1] is not None)
    assert Counter((touch.name, touch.kind) for touch in facts.recent) == meant
    for touch in facts.recent:
        if touch.kind is Kind.PURCHASE:
            assert abs(touch.at - story.ordered.timestamp()) < _BY_THE_CLOCK
        else:
            assert story.began.timestamp() - _BY_THE_CLOCK < touch.at <= time.time()
    assert (facts.money["EUR"].orders, facts.money["EUR"].revenue) == (1, 42.5)
    assert WHO not in case.says or facts.traits["plan"] == "pro"


@each()
def test_every_event_arrives_once(case: Case, story: Story, world: World, tmp_path: Path) -> None:
    with running(case.sdk.command(world.url, story, world.pages), tmp_path / "log"):
        wait_until(lambda: world.folded(story.user) >= len(case.says), _ARRIVES_WITHIN)
    check(world, case, story)
    published = world.published(story.keys)
    assert len(published) == len(case.says)
    # Until somebody says who it is, it is a visitor.
    unknown = {touch.kind for touch in published if touch.customer != story.user}
    assert unknown == {Kind.DISCOVER} & {kind for _, kind in case.says}


@each(again=True)
def test_what_was_answered_with_503_arrives_once(case: Case, story: Story, world: World, tmp_path: Path) -> None:
    """The first request has arrived, but what the SDK hears is the 503 of a gateway whose broker is mute.

    Tried without the ring of message ids (`processors.fold.fresh`): profiles held up to 11 touchpoints of 4.
    """
    if world.broker is None:
        pytest.skip("a broker that runs elsewhere is not stopped")
    with (
        proxy_of(world.url, world.mute) as (url, told),
        running(case.sdk.command(url, story, world.pages), tmp_path / "log"),
    ):
        wait_until(lambda: world.folded(story.user) >= len(case.says), _ARRIVES_WITHIN)
        wait_until(lambda: told and told[-1] == 200, _ARRIVES_WITHIN)
    assert told[0] == 503
    check(world, case, story)
    assert len(world.published(story.keys)) > len(case.says)


def test_a_page_of_another_origin_cannot_send(story: Story, world: World, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        pages(node_modules()) as elsewhere,
        running(CASES["segment-browser"].sdk.command(world.url, story, elsewhere), log),
    ):
        wait_until(lambda: "failed:" in log.read_text(), _ARRIVES_WITHIN)
    assert world.published(story.keys) == []
