"""Servers of the tests, each on a free port of 127.0.0.1."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
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


for _method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
    setattr(QuietHandler, f"do_{_method}", lambda self: self.respond())


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context=None) -> Iterator[ThreadingHTTPServer]:
    """Serve requests in threads, in TLS when there is a context for it, until the end of the block."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request, client_address) -> None:
            request.settimeout(10)
            with request.dup() as plain, contextlib.suppress(OSError):  # clients that do not trust this server
                try:
                    if context:
                        request = context.wrap_socket(request, server_side=True)
                except ssl.SSLError:
                    plain.shutdown(socket.SHUT_WR)
                    while plain.recv(4096):  # closed with data unread, it would take the alert back
                        pass
                    return
                with request:
                    super().finish_request(request, client_address)

    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
