"""YAML restricted to JSON values: no anchors, no tags, no doubtful words, and every fault with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from ..errors import PodiumError

if TYPE_CHECKING:
    from ..spec import JSON

Lines: TypeAlias = dict[tuple[str, ...], int]
"""The line of each key, under all the keys that lead to it."""

MAX_DEPTH = 32  # libyaml's own composer recurses in C and can be made to overflow the stack

# Narrower than YAML 1.1, so that `no`, `010`, `1:30` and `2024-01-01` stay what was written; a string
# that the dumper leaves unquoted is never read as anything else.
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,299})\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?\Z")
_WORDS: Mapping[str, JSON] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _Dumper(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    def ignore_aliases(self, _data: object) -> bool:
        return True


# What other readers take for a number and this one for text is quoted: `08`, `1e3`, and the octal `0o17` of YAML 1.2.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9_]+)?\Z|[-+]?0o[0-7_]+\Z"),
    list("-+.0123456789"),
)


def to_yaml(value: JSON) -> str:
    """Encode any JSON value as YAML without anchors, in the order given."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def parse(path: Path, text: str) -> tuple[dict[str, JSON], Lines]:
    """Return the mapping in a text, and the lines of its keys; raise PodiumError naming the faulty line."""
    reader = _Reader(path)
    try:
        return reader.document(yaml.parse(text, Loader=_Loader))
    except ReaderError as error:
        raise file_fault(
            path, "a character that YAML does not allow", text.count("\n", 0, error.position) + 1
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise file_fault(path, error.problem or "not valid YAML", mark.line + 1 if mark else 1) from error


class _Reader:
    """Builds values straight from parser events, which need no recursion in C and show every anchor and tag."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: Lines = {}

    def document(self, events: Iterator[Event]) -> tuple[dict[str, JSON], Lines]:
        next(events)
        if not isinstance(next(events), DocumentStartEvent):
            raise file_fault(self.path, "the file is empty", 1)
        top = next(events)
        if not isinstance(top, MappingStartEvent):
            raise self.fault(top, "the file must hold a mapping")
        self._check(top)
        values = self._mapping(events, 1, ())
        next(events)
        after = next(events)
        if not isinstance(after, StreamEndEvent):
            raise self.fault(after, "the file must hold one document only")
        return values, self.lines

    def fault(self, event: Event, message: str) -> PodiumError:
        return file_fault(self.path, message, _line(event))

    def _check(self, event: Event) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise self.fault(event, "anchors and aliases are not allowed")
        if getattr(event, "tag", None):
            raise self.fault(event, f"tags are not allowed: {getattr(event, 'tag', '')}")

    def _value(self, events: Iterator[Event], event: Event, depth: int, at: tuple[str, ...]) -> JSON:
        self._check(event)
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if depth == MAX_DEPTH:
            raise self.fault(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, depth + 1, at)
        items: list[JSON] = []
        while not isinstance(item := next(events), SequenceEndEvent):
            items.append(self._value(events, item, depth + 1, at))
        return items

    def _mapping(self, events: Iterator[Event], depth: int, at: tuple[str, ...]) -> dict[str, JSON]:
        values: dict[str, JSON] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            self._check(event)
            key = _scalar(event) if isinstance(event, ScalarEvent) else None
            if not isinstance(key, str):
                raise self.fault(event, "keys must be strings")
            if key in values:
                raise self.fault(event, f"duplicate key {key!r}")
            here = (*at, key)
            self.lines[here] = _line(event)
            values[key] = self._value(events, next(events), depth, here)
        return values


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: ScalarEvent) -> JSON:
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    return text


def file_fault(path: Path, message: str, line: int, hint: str | None = None) -> PodiumError:
    """Return the error for a line of a file."""
    return PodiumError(message, where=place(path, line), hint=hint or "mend the file")


def place(path: Path, line: int) -> str:
    """Return how errors name a line of a file."""
    return f"{path}, line {line}"
