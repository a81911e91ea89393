"""Results on stdout as a table, JSON, YAML or bare names; the keys of each command are the same in all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.names import did_you_mean
from ..core.streams import terminal_width

if TYPE_CHECKING:
    from ..core.spec import JSON

FORMATS = ("table", "json", "yaml", "names")
_GAP = "  "
_NARROWEST = 8
_WIDEST_WORD = 24


def check_output(output: str) -> None:
    """Raise UsageError unless `output` is one of the formats."""
    if output not in FORMATS:
        hint = did_you_mean(output, FORMATS) or f"one of {', '.join(FORMATS)}"
        raise UsageError(f"there is no output format {output!r}", where="--output", hint=hint)


def show_list(rows: Sequence[Mapping[str, JSON]], output: str, *, name: str = "name", stacked: bool = False) -> None:
    """Print rows that have the same keys; `name` is the key that `--output names` prints.

    A table that is too wide for the terminal leaves out the columns that are empty, and shortens long cells. In a
    stacked one each item of a list has a line, and what is too wide for the terminal, or for 80 columns, goes on below.
    """
    check_output(output)
    if output == "names":
        _write(one_line(item) for row in rows for item in _items(row[name]))
    elif output == "table":
        _write(_stacked(rows) if stacked else _table(rows))
    else:
        _write_document([dict(row) for row in rows], output)


def show_one(row: Mapping[str, JSON], output: str, *, name: str = "name") -> None:
    """Print one object, a key to a line; nested keys are joined by dots in a table."""
    check_output(output)
    if output == "names":
        _write([one_line(row[name])])
    elif output == "table":
        flat = dict(_flat(row))
        width = max(map(len, flat), default=0)
        _write(f"{key:{width}}{_GAP}{one_line(value)}".rstrip() for key, value in flat.items())
    else:
        _write_document(dict(row), output)


def _write(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _write_document(value: JSON, output: str) -> None:
    if output == "json":
        import json

        _write([json.dumps(value, indent=2, ensure_ascii=False)])
    else:
        from ..core.store.plain_yaml import to_yaml

        sys.stdout.write(to_yaml(value))


def _table(rows: Sequence[Mapping[str, JSON]]) -> Iterator[str]:
    if not rows:
        return
    lines = [[key.replace("_", " ").upper() for key in rows[0]]]
    lines += [[one_line(value) for value in row.values()] for row in rows]
    widths = _widths(lines)
    if sys.stdout.isatty():
        if sum(widths) > _room(widths):
            filled = [any(column[1:]) for column in zip(*lines, strict=True)]
            lines = [list(compress(line, filled)) for line in lines]
            widths = _widths(lines)
        _fit(widths, [_NARROWEST] * len(widths))
    for line in lines:
        cells = (_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True))
        yield _GAP.join(cells).rstrip()


def _stacked(rows: Sequence[Mapping[str, JSON]]) -> Iterator[str]:
    if not rows:
        return
    from itertools import zip_longest
    from textwrap import wrap

    header = [[key.replace("_", " ").upper()] for key in rows[0]]
    blocks = [header, *([[one_line(item) for item in _items(value)] for value in row.values()] for row in rows)]
    columns = [[text for cell in column for text in cell] for column in zip(*blocks, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    _fit(widths, [min(_WIDEST_WORD, max(len(word) for text in column for word in text.split())) for column in columns])
    wrapped = [
        [
            [line for text in cell for line in wrap(text, width, break_on_hyphens=False)]
            for cell, width in zip(block, widths, strict=True)
        ]
        for block in blocks
    ]
    apart = any(len(cell) > 1 for block in wrapped for cell in block)
    for number, block in enumerate(wrapped):
        if apart and number > 1:
            yield ""
        for line in zip_longest(*block, fillvalue=""):
            yield _GAP.join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]


def _room(widths: Sequence[int]) -> int:
    """Return what the terminal has left for columns when the gaps between them are taken off."""
    return terminal_width() - len(_GAP) * (len(widths) - 1)


def _fit(widths: list[int], narrowest: Sequence[int]) -> None:
    """Narrow the widest columns until the table fits the terminal, or none may be narrower."""
    room = _room(widths)
    while sum(widths) > room:
        wide = [number for number, width in enumerate(widths) if width > narrowest[number]]
        if not wide:
            return
        widths[max(wide, key=widths.__getitem__)] -= 1


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _items(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def one_line(value: JSON) -> str:
    """Return a value as one line of printable text, so that no stored value can control the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}={one_line(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(one_line(item) for item in value)
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _flat(row: Mapping[str, JSON], prefix: str = "") -> Iterator[tuple[str, JSON]]:
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
