"""Delivering over HTTP: signed, to the address that was checked, verified by TLS, bounded in time and size."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlunsplit

import httpx
from standardwebhooks import Webhook

from processors.backoff import Verdict, asked_to_wait, judge
from processors.shapes import body
from schemas.alert import Alert
from schemas.endpoints import Endpoint, Shape
from streams.notifier.reach import ForbiddenAddressError, addresses_of, port_of
from streams.notifier.tried import Tried
from streams.topics import TRACE_HEADER
from streams.tracing import Tracing

MAX_ANSWER = 16 * 1024
"""Bytes of an answer that are read; what goes on is cut off."""

_SHOWN = 200


class Post:
    """The way to one endpoint. It has connections of its own: they are to an address, and for one name."""

    def __init__(self, endpoint: Endpoint, tracing: Tracing) -> None:
        self._endpoint, self._url, self._tracing = endpoint, endpoint.address, tracing
        self._timeout = endpoint.timeout.total_seconds()
        self._signers = [Webhook(secret) for secret in endpoint.secrets] if endpoint.shape is Shape.JSON else []
        at_once = httpx.Limits(max_connections=endpoint.at_once, max_keepalive_connections=endpoint.at_once)
        # What the environment says of proxies does not count: a proxy would resolve the name again.
        self._client = httpx.AsyncClient(
            verify=httpx.create_ssl_context(),
            timeout=self._timeout,
            limits=at_once,
            follow_redirects=False,
            trust_env=False,
        )

    async def deliver(self, alerts: Sequence[Alert]) -> Tried:
        """Send one alert."""
        (alert,) = alerts
        try:
            async with asyncio.timeout(self._timeout):
                return await self._try_each_address(alert)
        except TimeoutError:
            return Tried(Verdict.AGAIN, f"no answer within {self._timeout:g} s")
        except ForbiddenAddressError as error:
            return Tried(Verdict.REFUSED, str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Tried(Verdict.AGAIN, _words(error))
        except UnicodeError:
            return Tried(Verdict.REFUSED, "its host is no name that can be asked for; write it as xn--...")

    async def close(self) -> None:
        """Leave the connections."""
        await self._client.aclose()

    async def _try_each_address(self, alert: Alert) -> Tried:
        addresses = await addresses_of(self._endpoint)
        for address in addresses[:-1]:
            try:
                return await self._send(alert, address)
            except httpx.ConnectError:
                continue
        return await self._send(alert, addresses[-1])

    async def _send(self, alert: Alert, address: str) -> Tried:
        content = body(self._endpoint, alert)
        host = f"[{address}]" if ":" in address else address
        url = urlunsplit(("https" if self._url.scheme == "https" else "http", f"{host}:{port_of(self._url)}",
                          self._url.path, self._url.query, ""))  # fmt: skip
        request = self._client.build_request(
            "POST",
            url,
            content=content,
            headers={**self._signed(alert.id, content), "Host": self._url.netloc.rpartition("@")[2]},
            extensions={"sni_hostname": self._url.hostname or ""},
        )
        answer = await self._client.send(request, auth=self._auth(), stream=True)
        try:
            said = await _beginning(answer)
        finally:
            await answer.aclose()
        verdict = judge(answer.status_code)
        if verdict is Verdict.DELIVERED:
            return Tried(verdict)
        words = f"HTTP {answer.status_code}"
        if answer.is_redirect:
            words += ", a redirect, which is not followed"
        wait = asked_to_wait(answer.headers, time.time()) if verdict is Verdict.AGAIN else 0.0
        return Tried(verdict, f"{words}: {said}" if said else words, wait)

    def _signed(self, number: str, content: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "ebbflow", "Accept-Encoding": "identity"}
        if self._endpoint.shape is Shape.JSON and (trace := self._tracing.at_hand()):
            headers[TRACE_HEADER] = trace
        if self._signers:
            now, text = datetime.now(UTC), content.decode()
            headers["webhook-id"] = number
            headers["webhook-timestamp"] = str(int(now.timestamp()))
            headers["webhook-signature"] = " ".join(signer.sign(number, now, text) for signer in self._signers)
        return headers

    def _auth(self) -> httpx.BasicAuth | None:
        if not self._url.username:
            return None
        return httpx.BasicAuth(self._url.username, self._url.password or "")


async def _beginning(answer: httpx.Response) -> str:
    """The first words of an answer; of one that is longer than it should be, no more is read."""
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) > MAX_ANSWER:
            break
    return " ".join(read[:_SHOWN].decode(errors="replace").split())


def _words(error: Exception) -> str:
    """What went wrong, without the URL, which may be secret."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
