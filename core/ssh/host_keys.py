"""Which key a host must show: those that the user pinned, else those in known_hosts files."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..errors import AccessError
from .address import Address
from .errors import ChangedHostKey, UnknownHostKey
from .known_hosts import HostKey, KnownHost, read_file, read_line

PINNED = "host_keys"
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
KNOWN_HOSTS = (Path("~/.ssh/known_hosts"), Path("/etc/ssh/ssh_known_hosts"))


class HostKeys:
    """The keys that hosts must show. A pinned fingerprint counts for every host.

    Files count for hosts without pinned keys; certificate authorities in them vouch for no host. `owner` is the kind
    and name of what the keys are pinned with.
    """

    def __init__(self, owner: str, pinned: Sequence[str] = (), files: Sequence[Path] = KNOWN_HOSTS) -> None:
        self._owner = owner
        self._pinned = tuple(pinned)
        self._fingerprints = {pin for pin in pinned if _FINGERPRINT.fullmatch(pin)}
        self._pins = [read_line(pin, PINNED) for pin in pinned if pin not in self._fingerprints]
        self._files = [known for file in files for known in read_file(file.expanduser())]

    def key_types(self, address: Address) -> set[str]:
        """Return the types of the keys known for a host, which it is to be asked for first."""
        return {known.key.type for known in self._of(address)}

    def check(self, address: Address, key: HostKey) -> None:
        """Return when this is the host's key; raise UnknownHostKey, ChangedHostKey, or AccessError if it is revoked."""
        for known in (*self._pins, *self._files):
            if known.marker == "@revoked" and known.key == key and known.is_of(address):
                raise AccessError(f"the key of host {address} is revoked: {key}", where=known.source)
        expected = {known.key.fingerprint: known.source for known in self._of(address)}
        expected |= dict.fromkeys(self._fingerprints, PINNED)
        if not expected:
            line = key.line(address)
            raise UnknownHostKey(str(address), key.fingerprint, line, hint=self.pin_hint([line]))
        if key.fingerprint not in expected:
            source = next(iter(expected.values()))
            drop = (
                f"{self._update()} --{PINNED}=…"
                if source == PINNED
                else f"ssh-keygen -R {shlex.quote(address.known_as)}"
            )
            raise ChangedHostKey(
                f"the key of host {address} has changed: it was {' or '.join(expected)}, and now it is {key}",
                where=source,
                hint=f"this may be another machine; if you know why the key changed, replace the old one: {drop}",
            )

    def pin_hint(self, lines: Sequence[str]) -> str:
        """Return the command that pins lines beside those that are pinned already."""
        pins = [*self._pinned, *lines]
        as_json = pins[0].startswith("[") or any("," in pin for pin in pins)  # as the command line reads lists
        value = json.dumps(pins) if as_json else ",".join(pins)
        return f"if the fingerprint is right: {self._update()} --{PINNED}={shlex.quote(value)}"

    def _update(self) -> str:
        kind, _, name = self._owner.partition(" ")
        return f"podium {kind} update {name}"

    def _of(self, address: Address) -> list[KnownHost]:
        """Return the lines that count for a host: pinned ones where anything is pinned for it."""
        pins = [known for known in self._pins if not known.marker and known.is_of(address)]
        if pins or self._fingerprints:
            return pins
        return [known for known in self._files if not known.marker and known.is_of(address)]


def checked_pins(pins: Sequence[str]) -> list[str]:
    """Return pinned keys as they are kept; raise ValueError for one that is neither a line nor a fingerprint."""
    kept = [" ".join(pin.split()) for pin in pins]
    for pin in kept:
        if not _FINGERPRINT.fullmatch(pin):
            try:
                read_line(pin, PINNED)
            except ValueError:
                raise ValueError(
                    "each is a fingerprint (SHA256:…) or a line of a known_hosts file, `host ssh-ed25519 AAAA…`; "
                    "those with commas or brackets are given as a JSON list"
                ) from None
    return kept
