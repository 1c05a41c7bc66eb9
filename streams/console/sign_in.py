"""Signing in and out: plain pages, which work without a script."""

from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from streams.console.entry import COOKIE, HEALTH, LASTS, SIGN_IN, Entry
from streams.console.frame import ICON, STYLE

_MOST = 4096
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · Ebbflow</title>
<link rel="icon" href="data:image/svg+xml,{icon}">
<style>{style}</style>
</head>
<body>
<main class="page">
<h1>Ebbflow</h1>
<form class="card plain" action="{action}" method="post">
<h2>Sign in</h2>
<p id="advice">With one of EBBFLOW_TEAM_TOKENS, which whoever runs Ebbflow can give you.</p>
{trouble}
<div class="filters">
<label>Token <input name="token" type="password" autocomplete="current-password" aria-describedby="advice" required
autofocus></label>
<button class="main" type="submit">Sign in</button>
</div>
</form>
</main>
</body>
</html>
"""
_WRONG = '<p class="trouble" role="alert">This token is not one that opens the console.</p>'


def routes(entry: Entry) -> APIRouter:
    """The way in, the way out, and whether the console is up."""
    router = APIRouter(include_in_schema=False)

    @router.get(SIGN_IN)
    async def ask() -> Response:
        return RedirectResponse("/", 303) if entry.open else _page("", 200)

    @router.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST:
                return _page(_WRONG, 413)
        token = parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()
        cookie = entry.cookie_for(token)
        if cookie is None:
            return _page(_WRONG, 403)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, max_age=LASTS, httponly=True, samesite="lax", secure=secure)
        return answer

    @router.post("/sign-out")
    async def sign_out() -> Response:
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer

    @router.get(HEALTH)
    async def healthy() -> Response:
        return PlainTextResponse("ok\n")

    return router


def _page(trouble: str, status: int) -> Response:
    return HTMLResponse(_PAGE.format(style=STYLE, icon=quote(ICON), action=SIGN_IN, trouble=trouble), status)
