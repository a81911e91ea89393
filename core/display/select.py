"""Choose how a run is shown, by what its stream can show."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ..execution.events import Listener


def select(stream: TextIO, *, quiet: bool = False) -> Listener:
    """Choose the live table for a terminal that can show it, else plain lines; quiet leaves notices and the summary.

    A terminal counts as plain when `TERM` is unset or `dumb`, when `CI` is set, or when it is not UTF-8; `NO_COLOR`
    takes the colours and leaves the table.
    """
    if not quiet and stream.isatty() and _can_redraw(stream):
        from .live import LiveDisplay

        return LiveDisplay(stream)
    from .plain import PlainDisplay

    return PlainDisplay(stream, quiet=quiet)


def _can_redraw(stream: TextIO) -> bool:
    known = os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("CI")
    return known and stream.encoding.lower().replace("-", "") == "utf8"
