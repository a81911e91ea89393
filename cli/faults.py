"""How errors look on stderr: what happened, where, and the next command to try."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .. import __version__
from ..core.errors import AccessError, PodiumError, UsageError
from ..core.names import did_you_mean

if TYPE_CHECKING:
    import typer


def report_fault(error: PodiumError) -> int:
    """Print an error that podium raised on purpose; return its exit code."""
    from ..core.secrets.redaction import redacted

    if os.environ.get("PODIUM_DEBUG"):
        import traceback

        sys.stderr.write(redacted("".join(traceback.format_exception(error))))
    sys.stderr.write(redacted(f"error: {error}\n"))
    return error.exit_code


def report_usage(error: typer.TyperException) -> int:
    """Print what Typer found wrong with the command line, in the shape of every other error."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "podium"
    message, _, close = error.message.partition(" Did you mean ")
    hint = f"did you mean {close}" if close else f"{command} --help"
    options = getattr(error, "possibilities", None)
    if options:
        hint = did_you_mean(getattr(error, "option_name", ""), options) or hint
    elif not close:
        message = error.format_message()
    return report_fault(UsageError(message.rstrip("."), where=command, hint=hint))


def report_bug(error: Exception) -> int:
    """Print what a fault outside podium's own errors means to the user; return the exit code."""
    if isinstance(error, OSError) and error.filename is not None:
        kind = AccessError if isinstance(error, PermissionError) else PodiumError
        return report_fault(kind(error.strerror or str(error), where=str(error.filename)))
    import traceback

    from ..core.secrets.redaction import redacted

    text = redacted("".join(traceback.format_exception(error)))
    if os.environ.get("PODIUM_DEBUG"):
        sys.stderr.write(text)
    sys.stderr.write(
        f"error: podium {__version__} met an unexpected fault, sorry: {type(error).__name__}\n"
        f"  at {_keep(text)}\n"
        "hint: that file holds the traceback; please add it to a report\n"
    )
    return 1


def _keep(text: str) -> str:
    """Write a traceback below the config home and say where, or print it where nothing can be written."""
    from ..core.files import replace_file
    from ..core.paths import config_home

    path = config_home() / "logs" / "last-crash.log"
    try:
        replace_file(path, text.encode(errors="backslashreplace"))
    except OSError:
        sys.stderr.write(text)
        return "the traceback above"
    return str(path)
