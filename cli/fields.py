"""A flavor's fields on the command line: `--field=value` or `--field value`, with `@file`, `-` for stdin, and JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from ..core.errors import UsageError

if TYPE_CHECKING:
    from ..core.contracts.component import Settings
    from ..core.spec import JSON


def read_fields(args: Sequence[str], model: type[Settings]) -> dict[str, JSON]:
    """Return the value of each field named in `args`; hyphens and underscores in names are equal.

    Names are not checked here: the model refuses the unknown ones, all at once.
    """
    values: dict[str, JSON] = {}
    for name, text in _pairs(args, model):
        if name in values:
            raise UsageError(f"--{name} is given twice")
        values[name] = _value(name, _text(name, text), _annotation(model, name))
    return values


def read_labels(labels: Sequence[str]) -> dict[str, str]:
    """Return labels given as `key=value`."""
    pairs = [label.partition("=") for label in labels]
    wrong = [key for key, equals, _ in pairs if not (key and equals)]
    if wrong:
        raise UsageError(f"label {wrong[0]!r} has no value", hint="--label key=value")
    return {key: value for key, _, value in pairs}


def _pairs(args: Sequence[str], model: type[Settings]) -> Iterator[tuple[str, str]]:
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise UsageError(f"unexpected argument {word!r}", hint="fields are given as --field=value")
        name, equals, text = word[2:].partition("=")
        name = name.replace("-", "_")
        if equals:
            yield name, text
        elif rest and not rest[0].startswith("--"):
            yield name, rest.pop(0)
        elif bool in _types(_annotation(model, name)) or name not in model.field_names():
            yield name, "true"
        else:
            raise UsageError(f"--{name} needs a value", hint=f"--{name}=value")


def _annotation(model: type[Settings], name: str) -> Any:
    """Return a field's type, None for a field that the model does not have."""
    return get_type_hints(model).get(name) if name in model.field_names() else None


def _text(name: str, text: str) -> str:
    try:
        if text == "-":
            text = sys.stdin.read().rstrip("\n")
        elif text.startswith("@@"):
            text = text[1:]
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8").rstrip("\n")
        text.encode()
    except OSError as error:
        raise UsageError(f"cannot read {text[1:]!r}: {error.strerror}", where=f"--{name}") from error
    except UnicodeError as error:
        raise UsageError("not valid UTF-8", where=f"--{name}") from error
    return text


def _value(name: str, text: str, annotation: Any) -> JSON:
    """Read JSON where the field takes more than text, and commas where it takes a list."""
    takes = set(_types(annotation)) - {type(None)}
    if text[:1] in {"[", "{"} and takes - {str}:
        return _json(name, text)
    if takes & {list, tuple, set, frozenset, Sequence} and str not in takes:
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _types(annotation: Any) -> Iterator[Any]:
    """Yield the types of a field: the members of a union, without what is inside a list or dict."""
    origin = get_origin(annotation)
    if origin in {None, list, tuple, set, frozenset, dict, Sequence, Mapping}:
        yield origin or annotation
    else:
        for member in get_args(annotation):
            yield from _types(member)


def _json(name: str, text: str) -> JSON:
    import json

    try:
        value: JSON = json.loads(text)
    except ValueError as error:
        raise UsageError(f"not valid JSON: {error}", where=f"--{name}") from error
    return value
