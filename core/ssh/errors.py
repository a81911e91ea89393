"""What can be wrong with the hosts that podium logs into."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import AccessError


class UnknownHostKey(AccessError):  # noqa: N818 - named for what was met, as its callers look for it
    """A host showed a key that nobody has vouched for; `line` pins it."""

    def __init__(self, host: str, fingerprint: str, line: str, *, hint: str) -> None:
        super().__init__(
            f"the key of host {host} is not known here: {line.split()[1]} {fingerprint}",
            where=f"host {host}",
            hint=hint,
        )
        self.host = host
        self.fingerprint = fingerprint
        self.line = line


class ChangedHostKey(AccessError):  # noqa: N818 - named for what was met, as its callers look for it
    """A host showed another key than the one that is known; it is refused however podium was called."""


class ConnectionLost(AccessError):  # noqa: N818 - named for what happened
    """A connection that was open broke; whether the host did what it was asked to is not known."""


class TunnelRefused(AccessError):  # noqa: N818 - named for what happened
    """A host did not connect to an address; `forbidden` when it may not do so for this user."""

    def __init__(self, message: str, *, forbidden: bool) -> None:
        super().__init__(message)
        self.forbidden = forbidden


class HostFaults(AccessError):  # noqa: N818 - each of them is an error
    """What is wrong with several hosts, each with its own fault."""

    def __init__(self, faults: Sequence[AccessError], *, hint: str | None) -> None:
        super().__init__(
            f"{len(faults)} hosts cannot be used: {'; '.join(fault.message for fault in faults)}", hint=hint
        )
        self.faults = tuple(faults)


def unknown_host_keys(error: AccessError) -> list[UnknownHostKey]:
    """Return the keys that have to be vouched for before these hosts can be used."""
    faults = error.faults if isinstance(error, HostFaults) else (error,)
    return [fault for fault in faults if isinstance(fault, UnknownHostKey)]
