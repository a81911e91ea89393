"""YAML files of the configuration: JSON values only, every fault with its file and line, newer formats refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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

from ..errors import AccessError, NotFoundError, PodiumError

if TYPE_CHECKING:
    from ..spec import JSON

FORMAT = 1
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32  # libyaml's own composer recurses in C and can be made to overflow the stack

# Narrower than YAML 1.1, so that `no`, `010`, `1:30` and `2024-01-01` stay what was written. What the dumper leaves
# unquoted is never read as anything but a string.
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


@dataclass(frozen=True, slots=True)
class Document:
    """The mapping that a file holds, and the line on which each of its keys stands."""

    path: Path
    values: Mapping[str, JSON]
    lines: Mapping[str, int]

    def fault(self, message: str, key: str) -> PodiumError:
        """Return the error that says what is wrong with one key."""
        return _fault(self.path, message, self.lines.get(key, 1))

    def text(self, key: str) -> str:
        """Return a required string."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.fault(f"{key!r} must be a non-empty string", key)
        return value

    def mapping(self, key: str) -> dict[str, JSON]:
        """Return an optional mapping, empty when absent."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(f"{key!r} must be a mapping", key)
        return value

    def texts(self, key: str) -> dict[str, str]:
        """Return an optional mapping of strings to strings, empty when absent."""
        texts = {name: value for name, value in self.mapping(key).items() if isinstance(value, str)}
        if texts != self.mapping(key):
            raise self.fault(f"{key!r} must map names to strings", key)
        return texts


def read_document(path: Path, keys: tuple[str, ...]) -> Document:
    """Read a file whose mapping may have `keys` and `format`; raise NotFoundError when there is none.

    Any other fault of the file is a PodiumError that names the file and the line.
    """
    text = _read_text(path)
    values, lines = _parse(path, text)
    document = Document(path, values, lines)
    found = values.get("format", FORMAT)
    if not isinstance(found, int) or isinstance(found, bool):
        raise document.fault("'format' must be a number", "format")
    if found > FORMAT:
        raise PodiumError(
            f"this file has format {found}, this podium reads up to {FORMAT}",
            where=str(path),
            hint="install a newer podium: pip install --upgrade podium",
        )
    for key in values:
        if key not in keys and key != "format":
            raise document.fault(f"unknown key {key!r}, known: {', '.join(keys)}", key)
    return document


def dump_document(values: Mapping[str, JSON]) -> bytes:
    """Encode a mapping as YAML with the current format number first; reading it back gives an equal mapping."""
    return to_yaml({"format": FORMAT, **values}).encode()


def to_yaml(value: JSON) -> str:
    """Encode any JSON value as YAML without anchors, in the order given."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise AccessError(f"cannot read this file: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_BYTES:
        raise PodiumError(f"this file is larger than {MAX_BYTES // 1024} KiB", where=str(path))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _fault(path, "not valid UTF-8", data.count(b"\n", 0, error.start) + 1) from error


def _parse(path: Path, text: str) -> tuple[dict[str, JSON], dict[str, int]]:
    reader = _Reader(path)
    try:
        return reader.document(yaml.parse(text, Loader=_Loader))
    except ReaderError as error:
        raise _fault(path, "a character that YAML does not allow", text.count("\n", 0, error.position) + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _fault(path, error.problem or "not valid YAML", mark.line + 1 if mark else 1) from error


class _Reader:
    """Builds values straight from parser events, which need no recursion in C and show every anchor and tag."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def document(self, events: Iterator[Event]) -> tuple[dict[str, JSON], dict[str, int]]:
        next(events)
        if not isinstance(next(events), DocumentStartEvent):
            raise _fault(self.path, "the file is empty", 1)
        top = next(events)
        if not isinstance(top, MappingStartEvent):
            raise self.fault(top, "the file must hold a mapping")
        self._check(top)
        lines: dict[str, int] = {}
        values = self._mapping(events, 1, lines)
        next(events)
        after = next(events)
        if not isinstance(after, StreamEndEvent):
            raise self.fault(after, "the file must hold one document only")
        return values, lines

    def fault(self, event: Event, message: str) -> PodiumError:
        return _fault(self.path, message, _line(event))

    def _check(self, event: Event) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise self.fault(event, "anchors and aliases are not allowed")
        if getattr(event, "tag", None):
            raise self.fault(event, f"tags are not allowed: {getattr(event, 'tag', '')}")

    def _value(self, events: Iterator[Event], event: Event, depth: int) -> JSON:
        self._check(event)
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if depth == MAX_DEPTH:
            raise self.fault(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, depth + 1, {})
        items: list[JSON] = []
        while not isinstance(item := next(events), SequenceEndEvent):
            items.append(self._value(events, item, depth + 1))
        return items

    def _mapping(self, events: Iterator[Event], depth: int, lines: dict[str, int]) -> dict[str, JSON]:
        values: dict[str, JSON] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            self._check(event)
            key = _scalar(event) if isinstance(event, ScalarEvent) else None
            if not isinstance(key, str):
                raise self.fault(event, "keys must be strings")
            if key in values:
                raise self.fault(event, f"duplicate key {key!r}")
            lines[key] = _line(event)
            values[key] = self._value(events, next(events), depth)
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


def _fault(path: Path, message: str, line: int) -> PodiumError:
    return PodiumError(message, where=f"{path}, line {line}", hint="mend the file, or delete it and register anew")
