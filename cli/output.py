"""Results on stdout as a table, JSON, YAML or bare names; the keys of each command are the same in all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.names import did_you_mean

if TYPE_CHECKING:
    from ..core.spec import JSON

FORMATS = ("table", "json", "yaml", "names")
_GAP = "  "
_NARROWEST = 8


def check_output(output: str) -> None:
    """Raise UsageError unless `output` is one of the formats."""
    if output not in FORMATS:
        hint = did_you_mean(output, FORMATS) or f"one of {', '.join(FORMATS)}"
        raise UsageError(f"there is no output format {output!r}", where="--output", hint=hint)


def show_list(rows: Sequence[Mapping[str, JSON]], output: str, *, name: str = "name") -> None:
    """Print rows that have the same keys; `name` is the key that `--output names` prints."""
    check_output(output)
    if output == "names":
        _write(_cell(row[name]) for row in rows)
    elif output == "table":
        _write(_table(rows))
    else:
        _write_document([dict(row) for row in rows], output)


def show_one(row: Mapping[str, JSON], output: str, *, name: str = "name") -> None:
    """Print one object, a key to a line; nested keys are joined by dots in a table."""
    check_output(output)
    if output == "names":
        _write([_cell(row[name])])
    elif output == "table":
        flat = dict(_flat(row))
        width = max(map(len, flat), default=0)
        _write(f"{key:{width}}{_GAP}{_cell(value)}".rstrip() for key, value in flat.items())
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
    lines += [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sys.stdout.isatty():
        _fit(widths, get_terminal_size().columns)
    for line in lines:
        cells = (_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True))
        yield _GAP.join(cells).rstrip()


def _fit(widths: list[int], room: int) -> None:
    """Narrow the widest column until the table fits, or is as narrow as stays readable."""
    while sum(widths) + len(_GAP) * (len(widths) - 1) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _cell(value: JSON) -> str:
    """Return a value as one line of printable text, so that no stored value can control the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}={_cell(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _flat(row: Mapping[str, JSON], prefix: str = "") -> Iterator[tuple[str, JSON]]:
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
