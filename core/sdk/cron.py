"""Cron expressions as Debian's cron reads them: ranges, steps, lists, names of months and days, and macros."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def read_cron(expression: str) -> str:
    """Return the five fields that an expression means, one space between them.

    Raises ValueError that names each wrong field and what it may be.
    """
    if expression.strip().startswith("@"):
        return _macro(expression.strip())
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"{expression!r} has {len(fields)} fields; a cron expression has five: {names}")
    faults = [
        f"{name} {text!r} {problem}: it takes {_allowed(low, high, names)}"
        for text, (name, low, high, names) in zip(fields, _FIELDS, strict=True)
        if (problem := next(_problems(text, low, high, names), None))
    ]
    if faults:
        raise ValueError(f"{expression!r}: {'; '.join(faults)}")
    fields = [text.lower() for text in fields]
    if next_firing(" ".join(fields), 0.0) is None:
        raise ValueError(f"{expression!r} never comes: no such month has a day {fields[2]}")
    return " ".join(fields)


def next_firing(expression: str, after: float, zone: tzinfo | None = None) -> float | None:
    """Return when five fields next come after a time, both in seconds since the epoch; None for never.

    They are read in the zone, UTC by default; hours that a change of clocks leaves out or repeats go as with cron.
    """
    from datetime import datetime, timezone

    from cronsim import CronSim, CronSimError

    try:
        found = next(CronSim(expression, datetime.fromtimestamp(after, zone or timezone.utc)), None)
    except CronSimError:
        return None
    return found.timestamp() if found else None


def _macro(text: str) -> str:
    if text.lower() not in _MACROS:
        raise ValueError(f"{text!r} is no time that comes again: the macros are {', '.join(_MACROS)}")
    return _MACROS[text.lower()]


def _allowed(low: int, high: int, names: tuple[str, ...]) -> str:
    named = f" or {names[0]} to {names[-1]}" if names else ""
    return f"*, {low} to {high}{named}, ranges a-b, lists a,b and steps */n or a-b/n"


def _problems(text: str, low: int, high: int, names: tuple[str, ...]) -> Iterator[str]:
    for part in text.split(","):
        span, stepped, step = part.partition("/")
        if stepped and not (step.isascii() and step.isdecimal() and 0 < int(step) <= high):
            yield f"has a step that is no number from 1 to {high}"
        if span == "*":
            continue
        first, ranged, last = span.partition("-")
        start = _number(first, low, names)
        end = _number(last, low, names) if ranged else start
        if start is None or end is None:
            yield "holds something that is neither a number nor a name"
        elif not low <= start <= high or not low <= end <= high:
            yield f"is not between {low} and {high}"
        elif start > end:
            yield "is a range that runs backwards"
        elif stepped and not ranged:
            yield "has a step on a single number"


def _number(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.lower() in names:
        return names.index(text.lower()) + low
    return int(text) if text.isdecimal() and text.isascii() else None
