"""Shows what a manifest changes, asks for secrets that are missing and for consent, and has it done."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .output import one_line
from .prompts import confirm, is_interactive

if TYPE_CHECKING:
    from ..core.apply.manifest import Manifest
    from ..core.apply.plan import Change, Plan
    from ..core.spec import JSON

_SIGNS = {"create": "+", "update": "~", "unchanged": "="}


def read_sources(files: Sequence[str]) -> Iterator[tuple[Path, bytes]]:
    """Yield each file and what it holds, `-` being stdin; raise NotFoundError or AccessError."""
    from ..core.store.document import MAX_BYTES, read_bytes

    for file in files:
        if file == "-":
            yield Path("stdin"), sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            yield Path(file), read_bytes(Path(file))


def apply_manifest(manifest: Manifest, *, yes: bool = False, force: bool = False, dry_run: bool = False) -> None:
    """Have the store hold what the manifest says; raise DefinitionError with every fault of it, nothing changed."""
    from ..core.apply.plan import carry_out, make_plan
    from ..core.apply.secrets import KnownSecrets
    from ..core.apply.validate import Validation
    from ..core.store.config_store import ConfigStore

    store = ConfigStore()
    secrets = KnownSecrets({})
    found = Validation(manifest, store, secrets, force=force)
    if found.missing and not found.faults and not (yes or dry_run) and is_interactive() and secrets.can_keep:
        secrets = KnownSecrets(_asked(found.missing))
        found = Validation(manifest, store, secrets, force=force)
    plan = make_plan(found, store, secrets)
    for line in _lines(plan):
        typer.echo(line)
    if plan.is_empty:
        typer.echo("nothing to change", err=True)
    elif not dry_run:
        confirm("make these changes?", yes=yes)
        carry_out(plan, store)
        typer.echo("applied", err=True)


def _asked(missing: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Ask for the value of each secret."""
    answers: dict[str, dict[str, str]] = {}
    for name, key in missing:
        answers.setdefault(name, {})[key] = typer.prompt(f"secret {name}, {key}", hide_input=True, err=True)
    return answers


def _lines(plan: Plan) -> Iterator[str]:
    from ..core.apply.manifest import called

    for name, values in plan.answers.items():
        yield f"+ secret {name}: {', '.join(values)}"
    for change in plan.changes:
        yield f"{_SIGNS[change.action]} {called(change.after)} {change.after.name}"
        yield from _field_lines(change)
    if plan.active and plan.active != plan.active_before:
        yield f"~ active stack: {_value(plan.active_before)} -> {plan.active}"


def _field_lines(change: Change) -> Iterator[str]:
    for field, before, after in change.fields():
        if change.action == "create":
            yield f"    {field}: {one_line(after)}"
        else:
            yield f"    {field}: {_value(before)} -> {_value(after)}"


def _value(value: JSON) -> str:
    return "(none)" if value is None else one_line(value)
