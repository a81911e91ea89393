"""Servers of the tests, each on a free port of 127.0.0.1."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def free_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class QuietHandler(BaseHTTPRequestHandler):
    """Gives every request to `respond`, and says nothing on stderr."""

    def respond(self) -> None:
        """Answer."""
        raise NotImplementedError

    locals().update(do_GET=lambda self: self.respond(), do_POST=lambda self: self.respond())

    def body(self) -> bytes:
        """Return what was sent."""
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context=None) -> Iterator[ThreadingHTTPServer]:
    """Serve requests in threads, in TLS when there is a context for it, until the end of the block."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request, client_address) -> None:
            try:
                if context:
                    request.settimeout(10)
                    request = context.wrap_socket(request, server_side=True)
                super().finish_request(request, client_address)
            except OSError:  # a client that does not trust this server, or brings a strange certificate
                return
            finally:
                request.close()

    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
