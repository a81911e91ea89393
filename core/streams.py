"""What standard output and error do with characters that their encoding does not have."""

from __future__ import annotations

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
