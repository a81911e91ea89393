"""What a name may be, how it becomes part of a path, and which known name a wrong one was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from .errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")


def check_name(name: str, what: str) -> str:
    """Return `name`; raise UsageError unless it is 1 to 100 of `A-Za-z0-9_.-`, a letter or digit first."""
    if not _NAME.match(name):
        raise UsageError(
            f"{what} name {name!r} is not valid",
            hint="use letters, digits, '_', '-' and '.', at most 100, starting with a letter or digit",
        )
    return name


def path_part(name: str) -> str:
    """Encode any text as one path component that has no dot and no separator in it (reversed by `from_path_part`)."""
    return name if name.isidentifier() and name.isascii() else quote(name, safe="").replace(".", "%2E")


def from_path_part(part: str) -> str:
    """Decode what `path_part` made."""
    return unquote(part)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Say which of the known names are close to a wrong one, at most three, or None."""
    import difflib

    close = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(match) for match in close)}?" if close else None
