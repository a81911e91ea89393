"""The service that the connector in tests/packages/nimbus is for."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from servers.loopback import QuietHandler, serving

PACKAGE = Path(__file__).parents[1] / "packages" / "nimbus"
MARKER = "m4rk-er s3cret/+ü"


@dataclass
class Nimbus:
    """A running service; requests with one of `tokens` are answered, those with `slow` only after `released`."""

    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {MARKER, "slow", "0ther-t0ken"})
    buckets: list[str] = field(default_factory=lambda: ["models", "data"])
    requests: int = 0
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running() -> Iterator[Nimbus]:
    """Run the service until the end of the block."""
    service = Nimbus()

    class Handler(QuietHandler):
        def respond(self) -> None:
            service.requests += 1
            sent = self.headers["Authorization"] or ""
            if sent not in service.tokens:
                self.answer(401, sent.encode())  # a service that shows what it was sent
                return
            if sent == "slow":
                service.released.wait(20)
            self.answer(200, json.dumps(service.buckets if self.path == "/buckets" else ["account-1"]).encode())

    with serving(Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        yield service
        service.released.set()
