"""How a run or schedule on a host is named: `ssh://user@host:port/absolute/folder`, which is also its address."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from ..dataclass import dataclass
from ..errors import UsageError
from ..ssh.address import Address


@dataclass(frozen=True, slots=True)
class Handle:
    """A folder of a user on a host."""

    user: str
    address: Address
    folder: str

    def __str__(self) -> str:
        """Return the text that `read_handle` takes."""
        host = quote(self.address.host, safe=":")
        host = f"[{host}]" if ":" in host else host
        return f"ssh://{quote(self.user, safe='')}@{host}:{self.address.port}{quote(self.folder)}"


def read_handle(text: str) -> Handle:
    """Return what `str` of a handle says; raise UsageError for any other text."""
    try:
        parts = urlsplit(text)
        if parts.scheme == "ssh" and parts.username and parts.hostname and parts.port and parts.path:
            address = Address(unquote(parts.hostname), parts.port)
            return Handle(unquote(parts.username), address, unquote(parts.path))
    except ValueError:
        pass
    raise UsageError(f"{text!r} names no folder on a host: ssh://user@host:port/folder")
