"""The addresses of the console's pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui
from redis.exceptions import RedisError

from schemas.acquisition import Acquisition
from schemas.journeys import Journeys
from schemas.population import ActionsTold, Churn, Satisfaction
from schemas.segments import Segments
from schemas.value import Value
from streams.console.acquisition import acquisition_page
from streams.console.alerts import AlertsPage, Choice
from streams.console.customer import customer_page, unknown
from streams.console.desk import Desk
from streams.console.frame import frame, link_to, nothing
from streams.console.journeys import journeys_page
from streams.console.models import models_page
from streams.console.roster import Asked, roster_page
from streams.console.satisfaction import satisfaction_page
from streams.console.segments import segments_page
from streams.console.value import value_page
from streams.console.why import why_page

# NiceGUI's own patience, 3 seconds, is used up on a busy machine; what is read from Redis comes or fails by itself.
_page = partial(ui.page, response_timeout=30.0)


def declare_pages(desk: Desk, may_leave: bool) -> None:
    """Declare them; `may_leave` says whether people sign in, so that they can sign out."""

    @_page("/")
    async def alerts(request: Request, kind: str = "", severity: str = "", status: str = "") -> None:
        with frame("Alerts", "/", may_leave):
            await AlertsPage(desk, request.state.who, Choice(kind, severity, status)).build()

    @_page("/customers/{customer:path}")
    async def customer(request: Request, customer: str) -> None:
        with frame(customer, "", may_leave), reporting():
            found = await desk.customer(customer)
            if found is None:
                unknown(customer)
            else:
                customer_page(desk, found, request.state.who)

    @_page("/customers")
    async def customers(
        id: str = "", order: str = "", segment: str = "", status: str = "", after: str = ""
    ) -> RedirectResponse | None:
        if id.strip():
            return RedirectResponse(link_to(id.strip()), 303)
        with frame("Customers", "/customers", may_leave), reporting():
            await roster_page(desk, Asked.of(order, segment, status, after))
        return None

    @_page("/segments")
    async def segments() -> None:
        with frame("Segments", "/segments", may_leave), reporting():
            segments_page(await desk.section("segments", Segments), desk.now())

    @_page("/journeys")
    async def journeys() -> None:
        with frame("Journeys", "/journeys", may_leave), reporting():
            told, churn = await desk.section("journeys", Journeys), await desk.section("churn", Churn)
            journeys_page(told, churn, desk.keeps("journey"))

    @_page("/acquisition")
    async def acquisition() -> None:
        with frame("Acquisition", "/acquisition", may_leave), reporting():
            acquisition_page(await desk.section("acquisition", Acquisition), desk.now())

    @_page("/why")
    async def why() -> None:
        with frame("Why customers leave", "/why", may_leave), reporting():
            churn, actions = await desk.section("churn", Churn), await desk.section("actions", ActionsTold)
            why_page(churn, actions, await desk.newest(), desk.now())

    @_page("/satisfaction")
    async def satisfaction() -> None:
        with frame("Satisfaction", "/satisfaction", may_leave), reporting():
            told = await desk.section("satisfaction", Satisfaction)
            satisfaction_page(told, await desk.days("satisfaction", Satisfaction), desk.now())

    @_page("/value")
    async def value() -> None:
        with frame("Value", "/value", may_leave), reporting():
            value_page(await desk.section("value", Value), desk.now())

    @_page("/models")
    async def models() -> None:
        with frame("Models", "/models", may_leave), reporting():
            models_page(*await desk.models())


@contextmanager
def reporting() -> Iterator[None]:
    """Say it on the page if Redis does not answer."""
    try:
        yield
    except RedisError:
        nothing("Redis does not answer", "The console reads all it shows from there. Try again soon.")
