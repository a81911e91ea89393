"""What a job's entrypoint and the process of its step tell each other."""

from __future__ import annotations

from collections.abc import Mapping

from ..dataclass import dataclass, field
from ..spec import Compact
from .boot import Boot
from .job import StepJob


@dataclass(frozen=True, slots=True)
class Assignment(Compact):
    """The job to run, with all of its environment, from `folder`."""

    job: StepJob
    boot: Boot
    environment: Mapping[str, str] = field(repr=False)
    folder: str


@dataclass(frozen=True, slots=True)
class Account(Compact):
    """The step `completed` or `failed`, and that is recorded unless there is a `problem`."""

    what: str
    problem: str = ""
