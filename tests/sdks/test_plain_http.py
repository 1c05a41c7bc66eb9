"""What has no SDK to speak of, sent as its documentation shows: each event arrives once, and means what it should."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from schemas.kinds import Kind
from tests.harness import WRITE_KEY, wait_until
from tests.sdks.driving import Story
from tests.sdks.world import World

pytestmark = [pytest.mark.sdks, pytest.mark.integration]


def test_ga4_measurement_protocol(story: Story, world: World) -> None:
    url = f"{world.url}/mp/collect"
    keys = {"measurement_id": "G-12345", "api_secret": WRITE_KEY}
    home = {"page_title": "Home", "page_location": "https://shop.example/"}
    viewed = {"client_id": story.visitor, "events": [{"name": "page_view", "params": home}]}
    order = {"transaction_id": "T1", "value": 42.5, "currency": "EUR", "items": [{"item_id": "S1", "quantity": 1}]}
    bought = {
        "client_id": story.visitor,
        "user_id": story.user,
        "timestamp_micros": round(story.ordered.timestamp() * 1e6),
        "user_properties": {"plan": {"value": "pro"}},
        "events": [{"name": "purchase", "params": order}, {"name": "sign_up", "params": {"method": "mail"}}],
    }
    for said in (viewed, bought):
        assert httpx.post(url, params=keys, json=said).status_code == 204
    wait_until(lambda: world.folded(story.user) == 3)
    world.settle()
    assert {(touch.customer, touch.name, touch.kind) for touch in world.published(story.keys)} == {
        (f"anon:{story.visitor}", "Home", Kind.DISCOVER),
        (story.user, "Order Completed", Kind.PURCHASE),
        (story.user, "Signed Up", Kind.ENGAGE),
    }
    profile = world.profile(story.user)
    assert profile is not None
    assert (profile.facts.touchpoints, profile.facts.money["EUR"].revenue) == (3, 42.5)
    assert profile.facts.traits["plan"] == "pro"
    assert [round(touch.at - story.ordered.timestamp()) for touch in profile.facts.recent][:2] == [0, 0]


def test_a_picture_tells_of_an_email_that_was_opened(story: Story, world: World) -> None:
    opened = {"writeKey": WRITE_KEY, "userId": story.user, "messageId": f"mail-{story.user}", "utm_campaign": "Spring"}
    began = time.time()
    for _ in range(2):
        answer = httpx.get(f"{world.url}/v1/pixel.gif", params=opened)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/gif")
    wait_until(lambda: world.folded(story.user) == 1)
    world.settle()
    profile = world.profile(story.user)
    assert profile is not None
    (touch,) = profile.facts.recent
    assert (touch.name, touch.kind) == ("Email Opened", Kind.ENGAGE)
    assert began - 1 < touch.at <= datetime.now(UTC).timestamp()
    assert profile.facts.channels == {"email": 1}
