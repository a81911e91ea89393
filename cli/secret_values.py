"""The values of a secret on the command line: `--key=value`, `--from-env`, `--values`, or asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.contracts.component import Settings
from ..core.errors import PodiumError, UsageError
from ..core.secrets.references import is_key
from ..core.secrets.secret import Secret
from .fields import read_fields, read_text
from .prompts import is_interactive

if TYPE_CHECKING:
    from ..core.spec import JSON


def read_values(args: Sequence[str], from_env: Sequence[str], document: str | None) -> dict[str, str]:
    """Return the values given as options, from the environment, and in a JSON or YAML text or `@file`.

    A hyphen in a key is an underscore. Values that stand in the command itself are warned about on stderr.
    """
    keys = [word.partition("=")[0].removeprefix("--").replace("-", "_") for word in args]
    any_keys = type("Keys", (Settings,), {"__annotations__": dict.fromkeys(keys, Secret)})
    options, in_document = read_fields(args, any_keys, from_env), _read_document(document)
    for key in options.keys() & in_document.keys():
        raise UsageError(f"--{key} is given twice")
    values: Mapping[str, JSON] = {**options, **in_document}
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    wrong = sorted(key for key in values if key not in texts or not is_key(key))
    if wrong:
        raise UsageError(
            f"no key of a secret with a text: {', '.join(map(repr, wrong))}",
            hint="keys have letters, digits and '_'; quote a number to make it a text",
        )
    return texts


def ask_values(known: Sequence[str]) -> dict[str, str]:
    """Ask for the value of each known key, else for keys until there is no more; values are not shown."""
    if not is_interactive():
        raise UsageError("there is nobody to ask here", where="--interactive", hint="--key=@file, --key=-, --from-env")
    import typer

    if known:
        given = {
            key: typer.prompt(f"{key} (empty: as it is)", "", hide_input=True, show_default=False, err=True)
            for key in known
        }
        return {key: value for key, value in given.items() if value}
    values: dict[str, str] = {}
    while key := typer.prompt("another key (empty: no more)" if values else "key", "", show_default=False, err=True):
        values[key.replace("-", "_")] = typer.prompt(f"value of {key}", hide_input=True, err=True)
    return values


def _read_document(given: str | None) -> dict[str, JSON]:
    """Return the mapping in a JSON or YAML text, whose faults are told without it."""
    if given is None:
        return {}
    import json

    from ..core.store.plain_yaml import parse

    if not given.startswith(("@", "-")):
        sys.stderr.write(
            "warning: these values stand in the shell's history and in the list of processes\n"
            "hint: --values=@file, or --values=- for stdin, keep them out of them\n"
        )
    text = read_text("values", given, hidden=True)
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else parse(Path("--values"), text)[0]
    except (ValueError, RecursionError, PodiumError) as error:
        place = getattr(error, "where", None) or "--values"
        raise UsageError("this is no JSON or YAML that maps keys to texts", where=place) from None
    return {key.replace("-", "_"): value for key, value in found.items()}
