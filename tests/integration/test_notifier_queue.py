"""The queue of an endpoint, step by step."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from schemas.alert import Alert
from schemas.settings import Settings
from streams.notifier.queue import Content, EndpointQueue, LapsedError, Put
from streams.notifier.run import connected
from tests.alerting import alert_of

pytestmark = pytest.mark.integration

NOW = 1_795_608_000.0


def put(alert: Alert, after: str = "") -> Put:
    raw = msgspec.Raw(alert.model_dump_json(exclude_none=True).encode())
    return Put(alert, Content(NOW - 5, raw), after)


def asked(settings: Settings, question: Callable[[EndpointQueue], Awaitable[None]]) -> None:
    async def ask() -> None:
        async with connected(settings) as redis:
            await question(EndpointQueue(redis, settings, "crm"))

    asyncio.run(ask())


def test_only_the_first_of_a_customer_is_claimed_until_it_is_settled(settings: Settings) -> None:
    async def question(queue: EndpointQueue) -> None:
        first, second, other = alert_of(), alert_of(episode=2), alert_of("grace")
        assert await queue.put([put(first), put(second), put(other)], NOW) == 3
        assert await queue.put([put(first), put(second)], NOW) == 0
        found = await queue.claim(10, NOW + 1, NOW + 10)
        assert [claim.alert for claim in found.claims] == [first, other]
        assert (found.waiting, found.dead, found.claims[0].published) == (3, 0, NOW - 5)
        assert (await queue.claim(10, NOW + 1, NOW + 10)).claims == []
        await queue.delivered(found.claims[0], NOW + 1)
        (claim,) = (await queue.claim(10, NOW + 1, NOW + 10)).claims
        assert claim.alert == second
        await queue.again(claim, NOW + 1, NOW + 5)
        looked = await queue.claim(10, NOW + 2, NOW + 12)
        assert (looked.claims, looked.due) == ([], NOW + 5)
        await queue.hurry(NOW + 3)
        (claim,) = (await queue.claim(10, NOW + 3, NOW + 13)).claims
        assert (claim.alert, claim.tries) == (second, 1)

    asked(settings, question)


def test_a_claim_lapses_and_its_late_owner_is_told(settings: Settings) -> None:
    async def question(queue: EndpointQueue) -> None:
        await queue.put([put(alert_of()), put(alert_of(episode=2))], NOW)
        (late,) = (await queue.claim(1, NOW, NOW + 10)).claims
        assert (await queue.claim(1, NOW + 9, NOW + 20)).claims == []
        (next_owner,) = (await queue.claim(1, NOW + 11, NOW + 20)).claims
        assert next_owner.id == late.id
        await queue.delivered(next_owner, NOW + 12)
        with pytest.raises(LapsedError):
            await queue.delivered(late, NOW + 13)
        assert (await queue.standing()).waiting == 1

    asked(settings, question)


def test_what_closes_is_put_if_what_opened_was(settings: Settings) -> None:
    async def question(queue: EndpointQueue) -> None:
        opened, closed = alert_of(), alert_of(state="closed")
        assert await queue.put([put(closed, after=opened.id)], NOW) == 0
        assert await queue.put([put(opened), put(closed, after=opened.id)], NOW) == 2

    asked(settings, question)


def test_what_is_too_old_is_buried_also_in_the_middle_of_a_line(settings: Settings) -> None:
    async def question(queue: EndpointQueue) -> None:
        await queue.put([put(alert_of()), put(alert_of("grace"))], NOW)
        (claim,) = (await queue.claim(1, NOW, NOW + 10)).claims
        await queue.put([put(alert_of(episode=2))], NOW + 5)
        assert await queue.expire(NOW + 1, NOW + 6, "too late") == (1, 0)
        (letter,) = await queue.letters()
        assert (letter.error, letter.at) == ("too late", NOW + 6)
        await queue.release(claim, NOW + 6)
        assert await queue.expire(NOW + 1, NOW + 7, "too late") == (1, 0)
        assert [claim.alert.episode for claim in (await queue.claim(9, NOW + 8, NOW + 20)).claims] == [2]
        assert await queue.revive(NOW + 9) == 2
        standing = await queue.standing()
        assert (standing.waiting, standing.dead) == (3, 0)

    asked(settings, question)


def test_what_another_version_put_and_this_one_cannot_read_stops_nothing(settings: Settings) -> None:
    async def question(queue: EndpointQueue) -> None:
        strange = Put(alert_of(), Content(NOW, msgspec.Raw(b'{"customer": "ada", "mood": "blue"}')))
        await queue.put([strange, put(alert_of(episode=2))], NOW)
        assert (await queue.claim(9, NOW, NOW + 10)).claims == []
        assert [claim.alert.episode for claim in (await queue.claim(9, NOW + 1, NOW + 10)).claims] == [2]
        assert (await queue.letters())[0].error == "this version of Ebbflow cannot read it"
        assert await queue.revive(NOW + 2) == 1

    asked(settings, question)
