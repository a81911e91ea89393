"""What the exit code of a job's process says, where no record says it better."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How `core/execution/entrypoint.py` and `core/graph/step.py` end.

    | code | the step | its record |
    |---|---|---|
    | 0 | completed, or was cached | written |
    | 1 | failed, or its code could not be unpacked or imported | written |
    | 65 | never began: what the job was given is damaged, or is not what its digest says | none |
    | 69 | never began: the artifact store stayed away, or let nobody in | none |
    | 70 | unknown: podium itself failed, with a traceback on stderr | maybe |
    | 74 | ended, as stderr says, and the artifact store stayed away | none |
    | 130 | was cancelled, by a signal or by a request in the records | written, unless the store stayed away |

    All others are the platform's: 137 is a kill from outside. Those from 65 to 74 are what sysexits.h calls them.
    """

    COMPLETED = 0
    FAILED = 1
    REFUSED = 65
    UNREACHABLE = 69
    BROKEN = 70
    UNRECORDED = 74
    CANCELLED = 130

    @property
    def meaning(self) -> str:
        """Return what it says of a job that has no record, in words that end a sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.COMPLETED: "the process ended without an error and recorded nothing",
    ExitCode.FAILED: "the process failed before podium was running in it",
    ExitCode.REFUSED: "the job's document or its secrets were refused",
    ExitCode.UNREACHABLE: "the job could not reach the artifact store",
    ExitCode.BROKEN: "podium itself failed in the job",
    ExitCode.UNRECORDED: "the step ended, and the artifact store could not be reached to record it",
    ExitCode.CANCELLED: "the job was cancelled",
}
