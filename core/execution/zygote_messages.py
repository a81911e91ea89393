"""What a client and its zygote tell each other."""

from __future__ import annotations

from collections.abc import Mapping

from ..dataclass import dataclass
from ..spec import JSON
from .job import StepFailure


@dataclass(frozen=True, slots=True)
class Ready:
    """The user's code is loaded, or why it could not be."""

    failure: StepFailure | None = None


@dataclass(frozen=True, slots=True)
class Spares:
    """Workers that nobody asked for, numbered from 0 down; the client's ends of their sockets come as descriptors."""

    workers: tuple[int, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preload:
    """Open the store for workers, with what that takes imported; the zygote itself never uses it."""

    url: str
    options: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Start:
    """Start workers, one for each descriptor that comes along: forked, or a fresh interpreter with an environment."""

    workers: tuple[int, ...]
    environment: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """The workers of one `Start` run; `pids` are their processes, each of which leads its own group and session."""

    workers: tuple[int, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End the worker and its descendants: SIGTERM, and SIGKILL for what is left after `grace` seconds."""

    worker: int
    grace: float


@dataclass(frozen=True, slots=True)
class Exited:
    """The worker is gone, with waitpid's status."""

    worker: int
    status: int
