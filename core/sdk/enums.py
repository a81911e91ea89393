"""The words for states and modes as enumerations, equal to the texts that podium uses."""

from __future__ import annotations

from enum import Enum


class ExecutionMode(str, Enum):
    """What happens to a run when a step fails."""

    CONTINUE_ON_FAILURE = "continue_on_failure"
    STOP_ON_FAILURE = "stop_on_failure"
    FAIL_FAST = "fail_fast"


class ExecutionStatus(str, Enum):
    """States of runs and steps."""

    INITIALIZING = "initializing"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    CACHED = "cached"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    LOST = "lost"
