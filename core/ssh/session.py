"""One logged-in connection to a host, for all that a process wants of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from . import command
from .address import Address
from .errors import ConnectionLost, TunnelRefused

if TYPE_CHECKING:
    from paramiko import Channel, SSHClient

_FORBIDDEN = 1
"""RFC 4254's code for what a server may, but will not do."""
KEEPALIVE = 30
"""Seconds between signs of life on a connection."""


class SessionSource(Protocol):
    """A service connector for hosts."""

    def sessions(self) -> Sequence[Session]:
        """Return a session, not open yet, for each host that was chosen."""


class Session:
    """A user's connection to a host, opened when first needed, and again after it broke; threads take turns.

    `connections` and `commands` count what was opened and run until now.
    """

    def __init__(self, address: Address, username: str, log_in: Callable[[], SSHClient]) -> None:
        self.address = address
        self.username = username
        self.connections = 0
        self.commands = 0
        self._log_in = log_in
        self._opening = Lock()
        self._running = Lock()
        self._client: SSHClient | None = None

    def run(self, script: str, *words: str, stdin: bytes = b"", patience: float = command.PATIENCE) -> command.Answer:
        """Have `sh` run a script with words as `$1` and so on, which must bear being run twice.

        When the connection breaks meanwhile, it is run once more by a new one. Raises what logging in does, and
        AccessError when no exit code comes within `patience` seconds.
        """
        words = ("sh", "-c", script, "sh", *words)
        with self._running:
            client = self._connected()
            try:
                return self._run(client, words, stdin, patience)
            except ConnectionLost:
                return self._run(self._connected(), words, stdin, patience)

    def tunnel(self, host: str, port: int, patience: float) -> Channel:
        """Return a connection from the host to an address; raise TunnelRefused when it does not come about."""
        from paramiko import ChannelException, SSHException

        transport = self._connected().get_transport()
        try:
            if transport is not None:
                return transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=patience)
        except ChannelException as error:
            raise TunnelRefused(error.text, forbidden=error.code == _FORBIDDEN) from None
        except (SSHException, EOFError, OSError):
            if transport is not None and transport.is_active():
                raise TunnelRefused(f"no answer within {patience:g} s", forbidden=False) from None
        raise ConnectionLost(f"the connection to host {self.address} broke")

    def close(self) -> None:
        """Close the connection; the next command opens another one."""
        with self._opening:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _run(self, client: SSHClient, words: tuple[str, ...], stdin: bytes, patience: float) -> command.Answer:
        self.commands += 1
        return command.run(client, *words, stdin=stdin, patience=patience)

    def _connected(self) -> SSHClient:
        with self._opening:
            transport = self._client.get_transport() if self._client else None
            if self._client is None or transport is None or not transport.is_active():
                if self._client is not None:
                    self._client.close()
                self._client = self._log_in()
                self.connections += 1
            return self._client
