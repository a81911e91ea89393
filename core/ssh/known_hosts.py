"""Lines of known_hosts files: which hosts they name, and the key that each vouches for."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from ..dataclass import dataclass
from ..errors import AccessError
from .address import Address


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key: its type as in known_hosts, `ssh-ed25519`, and its bytes."""

    type: str
    data: bytes

    @property
    def fingerprint(self) -> str:
        """The digest that `ssh` shows."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.data).digest()).decode().rstrip("=")

    def line(self, address: Address) -> str:
        """Return the line that vouches for this key."""
        return f"{address.known_as} {self.type} {base64.b64encode(self.data).decode()}"

    def __str__(self) -> str:
        """Return type and fingerprint."""
        return f"{self.type} {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """One line; `marker` is empty, `@revoked` or `@cert-authority`, `source` says where it stands."""

    marker: str
    hosts: str
    key: HostKey
    source: str

    def is_of(self, address: Address) -> bool:
        """Say whether the line names a host: plainly, by a pattern or by its hash."""
        name = address.known_as
        if self.hosts.startswith("|1|"):
            _, _, salt, digest = self.hosts.split("|")
            found = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
            return hmac.compare_digest(found, base64.b64decode(digest))
        patterns = self.hosts.lower().split(",")
        refused = (pattern[1:] for pattern in patterns if pattern.startswith("!"))
        return any(_matches(name, pattern) for pattern in patterns) and not any(
            _matches(name, pattern) for pattern in refused
        )


def read_line(line: str, source: str) -> KnownHost:
    """Return what a line says; raise ValueError for one that is no such line."""
    words = line.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    try:
        hosts, key_type, data = words[:3]
        known = KnownHost(marker, hosts, HostKey(key_type, base64.b64decode(data, validate=True)), source)
        known.is_of(Address("localhost"))  # raises for a hash that is none
    except ValueError:
        known = None
    # The bytes of a key begin with the length of its type's name, and the name.
    if known is None or known.key.data[4 : 4 + len(known.key.type)] != known.key.type.encode():
        raise ValueError("no line of a known_hosts file: `host ssh-ed25519 AAAA…`")
    return known


def read_file(file: Path) -> Iterator[KnownHost]:
    """Yield the lines of a file, which need not exist; those that make no sense are passed over, as ssh does."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise AccessError(f"the known hosts cannot be read: {error.strerror}", where=str(file)) from None
    for number, line in enumerate(lines, 1):
        if not line.lstrip().startswith("#"):
            try:
                yield read_line(line, f"{file}:{number}")
            except ValueError:
                continue


def _matches(name: str, pattern: str) -> bool:
    """Match `*` and `?`; brackets stand for themselves."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))
