"""The standard streams: characters that their encoding does not have, and how wide a line may be."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

_begun: list[tuple[TextIOWrapper, str | None]] = []


def escape_what_cannot_be_shown() -> None:
    """Write such characters as escapes: a name with one is no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            _begun.append((stream, stream.errors))
            stream.reconfigure(errors="backslashreplace")


def as_begun() -> None:
    """Do again what the interpreter does by itself, and so what steps meet elsewhere."""
    while _begun:
        stream, errors = _begun.pop()
        stream.reconfigure(errors=errors)


def terminal_width() -> int:
    """Return `COLUMNS`, or the width of the terminal that is stdout, or 80.

    The standard `shutil.get_terminal_size` says the same, and takes long to import.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, taken away, or no terminal
        return 80
