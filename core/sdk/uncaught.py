"""What `python FILE` shows of a podium error that nobody caught: the text that `podium run FILE` shows."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from ..errors import PodiumError


def show_as_text() -> None:
    """Print podium's own uncaught errors without a traceback, and exit with their code, from now on.

    No error shows a secret that podium has read in this process. PODIUM_DEBUG=1 keeps the traceback; a hook that
    somebody else has installed is left alone.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _show


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from ..secrets.redaction import redacted

    if not isinstance(error, PodiumError) or os.environ.get("PODIUM_DEBUG"):
        import traceback

        text = "".join(traceback.format_exception(kind, error, trace))
        shown = redacted(text)
        if shown == text:
            sys.__excepthook__(kind, error, trace)  # which knows of colours
        else:
            sys.stderr.write(shown)
    else:
        print(redacted(f"error: {error}"), file=sys.stderr)
    if isinstance(error, PodiumError) and not hasattr(sys, "ps1"):
        sys.exit(error.exit_code)
