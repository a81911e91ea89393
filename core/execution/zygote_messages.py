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
class Preload:
    """Open the store for workers, with what that takes imported; the zygote itself never uses it."""

    url: str
    options: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Start:
    """Start workers with these numbers: forked, or each a fresh interpreter with an environment, and be it empty."""

    workers: tuple[int, ...]
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """Workers run, each process the leader of a group and session; the client's ends of their sockets come along.

    They are those of one `Start`, or such as nobody asked for, with numbers from 0 down. Where the system refused more
    processes, which it says in `refusal`, the last ones are `missing`.
    """

    workers: tuple[int, ...]
    pids: tuple[int, ...]
    missing: tuple[int, ...] = ()
    refusal: str = ""


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
