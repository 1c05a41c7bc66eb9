"""Delivering by e-mail, over SMTP: to the address that was checked, and in the clear only where that is allowed."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from urllib.parse import unquote

import aiosmtplib
import httpx

from processors.addresses import is_public
from processors.backoff import Verdict
from processors.shapes import letter, subject
from schemas.alert import Alert
from schemas.endpoints import Endpoint
from streams.notifier.reach import ForbiddenAddressError, addresses_of, port_of
from streams.notifier.tried import Tried

_PERMANENT = 500


class Mail:
    """The way to one mailbox."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self._name, self._endpoint, self._url = name, endpoint, endpoint.address
        self._timeout = endpoint.timeout.total_seconds()
        self._tls = httpx.create_ssl_context()

    async def deliver(self, alerts: Sequence[Alert]) -> Tried:
        """Send alerts as one message."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._send(self._message(alerts))
        except TimeoutError:
            return Tried(Verdict.AGAIN, f"no answer within {self._timeout:g} s")
        except ForbiddenAddressError as error:
            return Tried(Verdict.REFUSED, str(error))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _answered(max((each.code for each in error.recipients), default=_PERMANENT), "the recipients")
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code, "the message")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Tried(Verdict.AGAIN, f"{type(error).__name__}: {error}")
        return Tried(Verdict.DELIVERED)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _message(self, alerts: Sequence[Alert]) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._endpoint.sender, ", ".join(self._endpoint.to)
        message["Subject"], message["Date"] = subject(alerts), format_datetime(localtime())
        message["Message-ID"] = f"<{alerts[0].id}.{len(alerts)}.{self._name}@ebbflow.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter(alerts))
        return message

    async def _send(self, message: EmailMessage) -> None:
        reached = await self._connect()
        public, implicit = is_public(reached.getpeername()[0]), self._url.scheme == "smtps"
        client = aiosmtplib.SMTP(
            hostname=self._url.hostname,
            sock=reached,
            use_tls=implicit,
            # Where it may be private, what the server offers; in the public Internet always.
            start_tls=None if implicit or not public else True,
            tls_context=self._tls,
            timeout=self._timeout,
            local_hostname="ebbflow.invalid",
        )
        try:
            await client.connect()
            if self._url.username:
                self._refuse_to_tell(client)
                await client.login(unquote(self._url.username), self._endpoint.secret.get_secret_value())
            await client.send_message(message)
            with contextlib.suppress(aiosmtplib.SMTPException):
                await client.quit()
        finally:
            client.close()
            reached.close()

    def _refuse_to_tell(self, client: aiosmtplib.SMTP) -> None:
        if client.get_transport_info("sslcontext") is None:
            raise ssl.SSLError("no password is sent without TLS")

    async def _connect(self) -> socket.socket:
        """A connection to one of the addresses that were checked."""
        addresses, failure = await addresses_of(self._endpoint), OSError("no address")
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            reached = socket.socket(family, socket.SOCK_STREAM)
            reached.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(reached, (address, port_of(self._url)))
            except OSError as error:
                reached.close()
                failure = error
            except BaseException:
                reached.close()
                raise
            else:
                return reached
        raise failure


def _answered(code: int, what: str) -> Tried:
    """What a reply says: below 500 it is for now, from there on for good."""
    refused = code >= _PERMANENT
    return Tried(Verdict.REFUSED if refused else Verdict.AGAIN, f"SMTP {code}: the server does not take {what}")
