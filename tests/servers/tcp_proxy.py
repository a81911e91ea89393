"""A network between a client and a server that can break: connections are passed on, counted, and cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Proxy:
    """Passes on what comes to `port` of loopback."""

    def __init__(self, host: str, port: int) -> None:
        self.connections = 0
        self.limit: int | None = None
        """Bytes that a client may send by one connection before it is cut; from then on there is no limit."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.getsockname()[1]

    def cut(self) -> None:
        """End the connections there are."""
        for end in self._open:
            with contextlib.suppress(OSError):  # it has ended by itself
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Refuse connections, and end those there are."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(self._target)
            self._open += [client, server]
            up = threading.Thread(target=self._pass_on, args=(client, server, True))
            down = threading.Thread(target=self._pass_on, args=(server, client, False))
            self._threads += [up, down]
            up.start()
            down.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_limited: bool) -> None:
        sent = 0
        with contextlib.suppress(OSError):  # cut
            while data := source.recv(65536):
                sent += len(data)
                if is_limited and self.limit is not None and sent > self.limit:
                    self.limit = None
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def tcp_proxy(host: str, port: int) -> Iterator[Proxy]:
    """Stand between clients and a server until the end of the block."""
    proxy = Proxy(host, port)
    try:
        yield proxy
    finally:
        proxy.close()
