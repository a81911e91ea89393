"""What a Docker engine says went wrong, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..dataclass import dataclass
from ..errors import AccessError, NotFoundError, PodiumError, UsageError


@dataclass(frozen=True, slots=True)
class _Trouble:
    pattern: str
    kind: type[PodiumError]
    reason: str
    hint: str


_SPACE = _Trouble(
    r"no space left on device",
    PodiumError,
    "the Docker engine has no disk space left",
    "podium image prune, or: docker system prune",
)
_PROCESSOR = _Trouble(
    r"exec format error",
    UsageError,
    "the image is for another kind of processor than the engine's",
    "choose another platform or parent_image, or install its emulation (binfmt) where the engine runs",
)
_NETWORK = _Trouble(
    r"no such host|name ?resolution|failure resolving|could not resolve|lookup address|bad address|i/o timeout|"
    r"TLS handshake timeout|connection (refused|reset)|network is unreachable|deadline exceeded|unexpected EOF",
    AccessError,
    "the Docker engine cannot reach what it needs over the network",
    "check the network and the DNS of the engine's machine, and try again",
)
_TROUBLES = (
    _SPACE,
    _PROCESSOR,
    _Trouble(
        r"does not match the specified platform|no match for platform|no matching manifest for",
        UsageError,
        "an image does not exist for the platform that is asked for",
        "choose another platform or parent_image",
    ),
    _Trouble(
        r"manifest for \S+ not found|manifest unknown|pull access denied|No such image|\S+: not found",
        NotFoundError,
        "an image does not exist, or is only for those who log in",
        "check the name of the parent image; log in with: docker login",
    ),
    _Trouble(
        r"x509: |certificate signed by unknown authority|failed to verify certificate",
        AccessError,
        "the Docker engine does not trust the registry's certificate",
        "put the certificate of its authority into /etc/docker/certs.d/HOST:PORT/ca.crt on the engine's machine",
    ),
    _Trouble(
        r"server gave HTTP response to HTTPS client",
        AccessError,
        "the registry has no TLS, which the Docker engine asks for",
        "give it TLS, or name it in the engine's insecure-registries",
    ),
    _Trouble(
        r"no basic auth credentials|unauthorized|authentication required|denied|insufficient_scope|\b40[13]\b",
        AccessError,
        "the registry does not allow this",
        "podium container-registry connect NAME --connector CONNECTOR, or: docker login",
    ),
    _NETWORK,
)
_OF_COMMANDS = (_SPACE, _PROCESSOR, _NETWORK)
_LONGEST = 400


def explained(said: str, what: str) -> PodiumError:
    """Return an error for what an engine said when it could not do `what`, with its own words, cut short."""
    said = " ".join(said.split())[:_LONGEST]
    trouble = _found(said, _TROUBLES)
    if trouble is None:
        return PodiumError(f"{what}: {said}")
    return trouble.kind(f"{what}: {trouble.reason}\n  {said}", hint=trouble.hint)


def advice(output: str) -> str | None:
    """Return the hint for what made a command in a build fail, None where its output shows no trouble of the engine."""
    trouble = _found(output, _OF_COMMANDS)
    return trouble.hint if trouble else None


def _found(said: str, troubles: Iterable[_Trouble]) -> _Trouble | None:
    return next((trouble for trouble in troubles if re.search(trouble.pattern, said, re.IGNORECASE)), None)
