"""Who may enter the console: whoever has a token of the team or of an admin, or everybody on this machine's loopback if
there is no token."""

import hmac
import time
from hashlib import scrypt
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.credentials import credentials
from schemas.settings import Settings, SettingsError

COOKIE = "ebbflow_console"
SIGN_IN, HEALTH = "/sign-in", "/healthz"
NOBODY = "console"
"""Who acts where nobody signs in."""
LASTS = 12 * 3600
"""Seconds after which somebody has to sign in again."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Entry:
    """The tokens that open the console. They are compared in constant time, and neither logged nor put into a cookie.

    A cookie says who and until when, signed by a key that is made of the token: who takes the token from the settings
    ends its sessions, and several consoles agree.

    Raises:
        SettingsError: if there is none, and the console listens beyond loopback.
    """

    def __init__(self, settings: Settings) -> None:
        self._known = [*credentials(settings.team_tokens), *credentials(settings.admin_tokens)]
        if not self._known and not _is_loopback(settings.console_host):
            raise SettingsError(
                f"the console does not listen on {settings.console_host} for everybody: set EBBFLOW_TEAM_TOKENS, to"
                " what `openssl rand -hex 16` prints for example, or EBBFLOW_CONSOLE_HOST=127.0.0.1"
            )
        # Slow on purpose: a stolen cookie should not tell a short token.
        self._keys = [scrypt(each.secret.encode(), salt=b"ebbflow console", n=2**14, r=8, p=1) for each in self._known]

    @property
    def open(self) -> bool:
        """Whether nobody has to sign in."""
        return not self._known

    def cookie_for(self, presented: str) -> str | None:
        """The cookie of who presents a token; none if it is not one of ours."""
        given = presented.encode(errors="surrogatepass")
        # All are compared, so that the time taken does not tell which one came close.
        places = [at for at, each in enumerate(self._known) if hmac.compare_digest(given, each.secret.encode())]
        until = str(int(time.time()) + LASTS)
        return f"{until}.{self._signature(places[0], until)}" if places else None

    def who(self, cookie: str) -> str | None:
        """The name of the token that a cookie was made for; none if it is not valid, or not any more."""
        until, _, signature = cookie.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) <= len("9999999999") and signature.isascii()):
            return None
        found = [
            each.name
            for place, each in enumerate(self._known)
            if hmac.compare_digest(signature, self._signature(place, until))
        ]
        return found[0] if found and int(until) > time.time() else None

    def _signature(self, place: int, until: str) -> str:
        return hmac.new(self._keys[place], until.encode(), "sha256").hexdigest()


class Guard:
    """Lets pass who has signed in, pages and their connections alike, and puts their name into the request's state."""

    def __init__(self, app: ASGIApp, entry: Entry) -> None:
        self._app, self._entry = app, entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        who = self._who(headers)
        if not self._is_ours(scope, headers):
            await _refuse(scope, receive, send)
        elif who is None and scope["path"] not in (SIGN_IN, HEALTH):
            if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                await RedirectResponse(SIGN_IN, 303, _HEADERS)(scope, receive, send)
            else:
                await _refuse(scope, receive, send)
        else:
            scope.setdefault("state", {})["who"] = who
            await self._app(scope, receive, _with_headers(send))

    def _who(self, headers: Headers) -> str | None:
        if self._entry.open:
            return NOBODY
        try:
            held = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return None
        return self._entry.who(held.value) if held else None

    def _is_ours(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of ours asks: another site's must neither act nor listen."""
        host, origin = headers.get("host", ""), headers.get("origin")
        # A name that somebody lets point to this machine would make their pages ours.
        if self._entry.open and not _is_loopback(urlsplit(f"//{host}").hostname or ""):
            return False
        safe = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        return safe or origin is None or urlsplit(origin).netloc == host


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse("Sign in first, on the console's own page.\n", 403, _HEADERS)(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
