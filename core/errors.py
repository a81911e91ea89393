"""Every error podium raises on purpose: what happened, where, and the next command to try."""

from __future__ import annotations

from collections.abc import Sequence


class PodiumError(Exception):
    """A fault shown to the user as text, without a traceback; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Render what, where and hint, one to a line."""
        lines = [self.message]
        if self.where:
            lines.append(f"  at {self.where}")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class UsageError(PodiumError):
    """The command, the file or an option is wrong; nothing was started."""

    exit_code = 2


class DefinitionError(UsageError):
    """A pipeline, a step or a setting is wrong; carries every fault found, each with its own place."""

    def __init__(self, faults: Sequence[PodiumError], *, subject: str) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{subject}: {count}")

    def __str__(self) -> str:
        """Render the count, then each fault in full."""
        return "\n".join([f"{self.message}", *(f"- {fault}" for fault in self.faults)])


class NotFoundError(PodiumError, KeyError):
    """A name, run, step or artifact does not exist."""

    exit_code = 3
    __str__ = PodiumError.__str__


class AccessError(PodiumError):
    """Credentials or permissions are missing or wrong."""

    exit_code = 4


class StoreUnreachable(PodiumError):  # noqa: N818 - read beside RunFailed
    """An artifact store did not answer for as long as podium waits."""

    exit_code = 9


class ConflictError(PodiumError):
    """Something of that name exists, is in use, or is held by another process."""

    exit_code = 5


class LeaseLost(ConflictError):  # noqa: N818 - read beside RunFailed
    """A driver can no longer be sure that it is the only one of its run."""


class MissingToolError(PodiumError, ImportError):
    """An extra or an external tool is not installed."""

    exit_code = 6
    __str__ = PodiumError.__str__


class RunFailed(PodiumError):  # noqa: N818 - the public name promised to users
    """A run ended without completing every step; `run_id` names it."""

    def __init__(self, message: str, *, run_id: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.run_id = run_id


class RunNotFinished(PodiumError):  # noqa: N818 - the public name promised to users
    """An output was asked of a run or step that has not completed."""

    exit_code = 8


class RunCancelled(PodiumError, KeyboardInterrupt):  # noqa: N818 - read beside RunFailed
    """A run was interrupted or cancelled; uncaught, it ends the interpreter as Ctrl-C does."""

    exit_code = 130
    __str__ = PodiumError.__str__
