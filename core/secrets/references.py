"""`{{name.key}}` in a configured value: which secrets it names, and what it becomes when they are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..spec import JSON

_KEY = re.compile("[A-Za-z0-9_-]+")
_REFERENCE = re.compile(r"\{\{\s*([A-Za-z0-9][A-Za-z0-9_.-]*)\.([A-Za-z0-9_-]+)\s*\}\}")


def reference(name: str, key: str) -> str:
    """Return the text that stands for one key of a secret."""
    return f"{{{{{name}.{key}}}}}"


def is_key(text: str) -> bool:
    """Say whether a text can be a key of a secret."""
    return _KEY.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Say whether a text is one reference and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def references(value: JSON) -> Iterator[tuple[str, str]]:
    """Yield the name and key of every reference in a value, however deep it stands."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolved(value: JSON, read: Callable[[str, str], str]) -> JSON:
    """Return a value with each reference replaced by what `read(name, key)` returns."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: read(match[1], match[2]), value)
    if isinstance(value, Mapping):
        return {key: resolved(item, read) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, read) for item in value]
    return value
