"""Where an SSH server listens, as users write it: `host`, `host:port` or `[IPv6]:port`."""

from __future__ import annotations

import re

from ..dataclass import dataclass

SSH_PORT = 22
_ADDRESS = re.compile(r"\[(?P<bracketed>[0-9A-Fa-f:.%\w]+)\](?::(?P<port6>\d+))?|(?P<host>[\w.-]+)(?::(?P<port>\d+))?")
_BARE_IPV6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?")


@dataclass(frozen=True, slots=True)
class Address:
    """A host, in lower case, and a port."""

    host: str
    port: int = SSH_PORT

    @property
    def known_as(self) -> str:
        """The name of the host in known_hosts files."""
        return self.host if self.port == SSH_PORT else f"[{self.host}]:{self.port}"

    def __str__(self) -> str:
        """Return what `read_address` takes; port 22 is left out."""
        return self.known_as if ":" in self.host or self.port == SSH_PORT else f"{self.host}:{self.port}"


def read_address(text: str, port: int = SSH_PORT) -> Address:
    """Return the address in a text, with `port` where it names none; raise ValueError for any other text."""
    if _BARE_IPV6.fullmatch(text):
        return Address(text.lower(), port)
    match = _ADDRESS.fullmatch(text)
    if match is None or text.startswith("-"):
        raise ValueError(f"{text!r} is no host name or address, with or without :port")
    given = match["port6"] or match["port"]
    return Address((match["bracketed"] or match["host"]).lower(), checked_port(int(given)) if given else port)


def checked_port(port: int) -> int:
    """Return a port that exists; raise ValueError for any other number."""
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port: they go from 1 to 65535")
    return port
