"""Receivers of deliveries: small servers in threads, which note what they are sent and answer as they are told."""

import contextlib
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Got:
    """A request; `at` is when it came, in epoch seconds."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        """What the body holds."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What a receiver answers."""

    status: int = 200
    headers: Mapping[str, str] | None = None
    body: bytes = b""


class _Server(ThreadingHTTPServer):
    """One whose connections end with it, as those of a process that dies."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to tell."""


class Receiver:
    """An HTTP server, which answers with what `answer` makes of a request, 200 unless told otherwise."""

    def __init__(self, answer: Callable[[Got], Answer] = lambda _: Answer(), tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.answer = answer
        self._tls = tls
        self._server: _Server | None = None
        with socket.create_server((HOST, 0)) as probe:
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self._tls else 'http'}://{HOST}:{self.port}/hook"

    def start(self) -> None:
        """Listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True
                    return  # Cut off in the middle: this never came.
                got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body, time.time())
                receiver.got.append(got)
                answer = receiver.answer(got)
                self.send_response(answer.status)
                for name, value in (answer.headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Server((HOST, self.port), Handler)
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be dead: nobody listens, and whoever is connected is cut off."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class MailServer:
    """An SMTP server without TLS, which takes every message that it has the patience for."""

    def __init__(self, refuses: bytes = b"") -> None:
        self.messages: list[Message] = []
        taken = self.messages

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    verb = line.split(b":")[0].strip().upper()
                    if verb.startswith(b"EHLO"):
                        self.wfile.write(b"250-here\r\n250 8BITMIME\r\n")
                    elif verb == b"RCPT TO" and refuses:
                        self.wfile.write(refuses)
                    elif verb == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = []
                        while (said := self.rfile.readline()) not in (b".\r\n", b""):
                            lines.append(said)
                        taken.append(message_from_bytes(b"".join(lines), policy=policy.default))
                        self.wfile.write(b"250 taken\r\n")
                    elif verb == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        self.wfile.write(b"250 ok\r\n")

        self._server = socketserver.ThreadingTCPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server at 127.0.0.1 needs to speak TLS, and its certificate, which it has signed itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a receiver")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    held, shown = folder / "key.pem", folder / "certificate.pem"
    held.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, held)
    return context, shown
