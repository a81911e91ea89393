"""A flavor's fields on the command line: `--field=value` with `@file`, `-` for stdin and JSON, and `--from-env`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from ..core.errors import UsageError
from ..core.secrets.references import references
from ..core.secrets.secret import Secret
from ..core.secrets.set_apart import secret_fields
from .field_command import field_option

if TYPE_CHECKING:
    from ..core.contracts.component import Settings
    from ..core.spec import JSON


def read_fields(args: Sequence[str], model: type[Settings], from_env: Sequence[str] = ()) -> dict[str, JSON]:
    """Return the value of each field in `args` (see `FieldCommand`) and of each `[FIELD=]NAME` in `from_env`.

    Names are not checked here: the model refuses the unknown ones, all at once. A secret that stands in `args` itself
    is warned about on stderr.
    """
    values: dict[str, JSON] = {}
    for name, text in [*_from_command_line(args, model), *_from_environment(from_env)]:
        if name in values:
            raise UsageError(f"--{name} is given twice")
        values[name] = _value(name, text, _annotation(model, name))
    return values


def read_labels(labels: Sequence[str]) -> dict[str, str]:
    """Return labels given as `key=value`."""
    pairs = [label.partition("=") for label in labels]
    wrong = [key for key, equals, _ in pairs if not (key and equals)]
    if wrong:
        raise UsageError(f"label {wrong[0]!r} has no value", hint="--label key=value")
    return {key: value for key, _, value in pairs}


def _from_command_line(args: Sequence[str], model: type[Settings]) -> Iterator[tuple[str, str]]:
    secret = secret_fields(model)
    if sum(word.endswith("=-") and word.count("=") == 1 for word in args) > 1:
        raise UsageError("only one field can be read from stdin", hint="give the others as --field=@file")
    for word in args:
        option, equals, text = word.partition("=")
        name = option[2:].replace("-", "_")
        if equals:
            if name in secret and _is_bare(text):
                option = field_option(name)
                sys.stderr.write(
                    f"warning: the value of {option} stands in the shell's history and in the list of processes\n"
                    f"hint: {option}=@file, {option}=- for stdin, or --from-env {name}=VARIABLE keep it out of them\n"
                )
            yield name, read_text(name, text, hidden=name in secret)
        elif bool in _types(_annotation(model, name)) or name not in model.field_names():
            yield name, "true"
        else:
            raise UsageError(f"--{name} needs a value", hint=f"--{name}=value")


def _from_environment(variables: Sequence[str]) -> Iterator[tuple[str, str]]:
    for given in variables:
        field, _, variable = given.rpartition("=")
        text = os.environ.get(variable)
        if text is None:
            raise UsageError(f"the environment variable {variable!r} is not set", where="--from-env")
        yield (field or variable.lower()).replace("-", "_"), _as_text(text, "--from-env")


def _is_bare(text: str) -> bool:
    """Say whether a value is the secret itself, and not where it is to be read from."""
    read_elsewhere = text in {"", "-"} or (text.startswith("@") and not text.startswith("@@"))
    return not (read_elsewhere or list(references(text)))


def _annotation(model: type[Settings], name: str) -> Any:
    """Return a field's type, None for a field that the model does not have."""
    return get_type_hints(model).get(name) if name in model.field_names() else None


def read_text(name: str, text: str, *, hidden: bool) -> str:
    """Return what a value stands for: the text of a file, of stdin, or itself."""
    if text == "-":
        return _as_text(_stdin(name, hidden=hidden), f"--{name}").rstrip("\n")
    if text.startswith("@@"):
        return _as_text(text[1:], f"--{name}")
    if text.startswith("@"):
        try:
            return Path(text[1:]).expanduser().read_text(encoding="utf-8").rstrip("\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not valid UTF-8"
            raise UsageError(f"cannot read {text[1:]!r}: {reason}", where=f"--{name}") from error
    return _as_text(text, f"--{name}")


def _as_text(text: str, where: str) -> str:
    """Return a text; raise UsageError for bytes that were none."""
    try:
        text.encode()
    except UnicodeError as error:
        raise UsageError("not valid UTF-8", where=where) from error
    return text


def _stdin(name: str, *, hidden: bool) -> str:
    """Read all of stdin, from a terminal a line, which a secret is not shown in."""
    if sys.stdin is not None and sys.stdin.isatty():
        import typer

        text: str = typer.prompt(name, hide_input=hidden, err=True)
    else:
        text = sys.stdin.read() if sys.stdin else ""
    if not text:
        raise UsageError("there is nothing to read on stdin", where=f"--{name}")
    return text


def _value(name: str, text: str, annotation: Any) -> JSON:
    """Read JSON where the field takes more than text, and commas where it takes a list; leave references alone."""
    takes = set(_types(annotation)) - {type(None)}
    if text[:1] in {"[", "{"} and text[:2] != "{{" and takes - {str, Secret}:
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
