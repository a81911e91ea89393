"""A proxy on loopback between a client and a service, which does to requests what networks and busy services do."""

import enum
import http.client
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from servers.loopback import QuietHandler, serving

_OF_ONE_CONNECTION = {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
_BUSY = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>busy</Message></Error>'


class Fault(enum.Enum):
    """What happens to one request."""

    DROPPED = "the connection ends before the service hears of it"
    UNANSWERED = "the service does it, and the connection ends before the answer"
    TRUNCATED = "the service does it, and the connection ends within the body of the answer"
    DELAYED = "the service hears of it late"
    UNAVAILABLE = "503 SlowDown, as by S3"
    THROTTLED = "429"


@dataclass(frozen=True)
class Answer:
    """What is answered in place of the service, which hears nothing."""

    status: int
    kind: str
    body: bytes


_ANSWERS = {
    Fault.UNAVAILABLE: Answer(503, "application/xml", _BUSY),
    Fault.THROTTLED: Answer(429, "application/xml", _BUSY),
}


def none(_method: str, _path: str) -> Fault | Answer | None:
    """Let a request pass."""


def sometimes(seed: object, share: float) -> Callable[[str, str], Fault | None]:
    """Return a fault for a share of all requests."""
    chance = random.Random(str(seed))
    return lambda _method, _path: chance.choice(list(Fault)) if chance.random() < share else None


@dataclass
class Proxy:
    """What clients reach at `address`; `fault` is asked about each request, by method and path, in any thread."""

    address: str
    fault: Callable[[str, str], Fault | Answer | None] = none
    delay: float = 0.2
    """Seconds."""
    seen: list[tuple[str, str, Fault | Answer | None]] = field(default_factory=list)
    """Method, path and fault of every request so far."""


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    service: str

    def respond(self) -> None:
        body = self._whole_body()
        fault = self.proxy.fault(self.command, self.path)
        self.proxy.seen.append((self.command, self.path, fault))
        if fault is Fault.DROPPED or body is None:
            self.close_connection = True
        elif isinstance(answer := _ANSWERS.get(fault, fault), Answer):
            self.answer(answer.status, b"" if self.command == "HEAD" else answer.body, Content_Type=answer.kind)
        else:
            time.sleep(self.proxy.delay if fault is Fault.DELAYED else 0)
            response, data = self._ask(body)
            if fault is Fault.UNANSWERED:
                self.close_connection = True
            else:
                self._pass_on(response, data, cut=fault is Fault.TRUNCATED)

    def _whole_body(self) -> bytes | None:
        """Return what was sent, None when the client was gone before its end."""
        if self.headers["Transfer-Encoding"] != "chunked":
            body = self.body()
            return body if len(body) == int(self.headers["Content-Length"] or 0) else None
        parts = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
        connection = http.client.HTTPConnection(self.service, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _pass_on(self, answer: http.client.HTTPResponse, data: bytes, *, cut: bool) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        if answer.status != 204:
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(data)
            self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = cut


@contextmanager
def fault_proxy(service: str) -> Iterator[Proxy]:
    """Stand in for a service at an address, whose path is kept, until the end of the block; then nobody listens."""
    upstream = urlsplit(service)

    class Handler(_Handler):
        service = upstream.netloc

    with serving(Handler) as server:
        proxy = Proxy(upstream._replace(netloc=f"127.0.0.1:{server.server_port}").geturl())
        Handler.proxy = proxy
        yield proxy
