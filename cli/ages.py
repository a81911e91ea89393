"""Lengths of time as they are typed."""

from __future__ import annotations

import re

from ..core.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def seconds(text: str, option: str) -> float:
    """Return the seconds in `30d`; raise UsageError for what is no number with a unit."""
    found = _AGE.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no length of time", where=option, hint="a number and s, m, h, d or w, as in 30d")
    return float(found[1]) * _SECONDS[found[2]]
