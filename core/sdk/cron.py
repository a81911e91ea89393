"""The syntax of cron expressions, as POSIX has it with steps, ranges, lists and names."""

from __future__ import annotations

from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)


def check_cron(expression: str) -> None:
    """Raise ValueError naming the field, unless there are five fields of `*`, numbers, names, `a-b`, `/n` and lists."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{expression!r} has {len(fields)} fields, a cron expression has five")
    for text, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        for problem in _problems(text, low, high, names):
            raise ValueError(f"{expression!r}: {name} {text!r} {problem}")


def _problems(text: str, low: int, high: int, names: tuple[str, ...]) -> Iterator[str]:
    for part in text.split(","):
        span, stepped, step = part.partition("/")
        if stepped and not (step.isdecimal() and int(step) > 0):
            yield "has a step that is no number above 0"
        if span == "*":
            continue
        first, ranged, last = span.partition("-")
        numbers = [_number(end, low, names) for end in ([first, last] if ranged else [first])]
        if None in numbers:
            yield "holds something that is neither a number nor a name"
        elif not all(low <= number <= high for number in numbers if number is not None):
            yield f"is not between {low} and {high}"
        elif ranged and numbers[0] > numbers[1]:  # type: ignore[operator]
            yield "is a range that runs backwards"
        elif stepped and not ranged:
            yield "has a step on a single number"


def _number(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.lower() in names:
        return names.index(text.lower()) + low
    return int(text) if text.isdecimal() and text.isascii() else None
