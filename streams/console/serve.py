"""Running the console: wait for Redis and the broker, listen, and end in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from schemas.settings import Settings
from streams.availability import UnavailableError, wait_for_broker, wait_for_redis
from streams.console.desk import Desk
from streams.console.entry import Entry, Guard
from streams.console.frame import ICON
from streams.console.pages import declare_pages
from streams.console.sign_in import routes
from streams.producer import Producer
from streams.store.connecting import prompt_redis

_ENDS_WITHIN = 3


def serve(settings: Settings) -> None:
    """Run until a signal ends it. One console a process: NiceGUI keeps its pages for the whole of it.

    Raises:
        SettingsError: if it is to listen beyond loopback, and there is no token.
        UnavailableError: if Redis or the broker stay away for longer than the settings allow, or the port is taken.
        KeyboardInterrupt: when SIGINT ended it.
    """
    entry = Entry(settings)
    wait_for_redis(settings)
    wait_for_broker(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, entry),
            host=settings.console_host,
            port=settings.console_port,
            log_config=None,
            # It would log customers' ids.
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_ENDS_WITHIN,
        )
    )
    server.run()
    if not server.started:
        raise UnavailableError("The console could not begin; its log says why")


def create_app(settings: Settings, entry: Entry) -> FastAPI:
    """The application."""
    redis, producer = prompt_redis(settings), Producer(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with producer, redis:
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.include_router(routes(entry))
    declare_pages(Desk(settings, redis, producer), may_leave=not entry.open)
    app.add_middleware(Guard, entry=entry)
    ui.run_with(
        app, title="Ebbflow", favicon=ICON, dark=None, language="en-US", tailwind=False, show_welcome_message=False
    )
    return app
