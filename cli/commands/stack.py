"""`podium stack`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import DefinitionError, NotFoundError, UsageError
from ...core.kinds import KINDS
from ..app import Command, noun
from ..options import Output, Yes
from ..output import show_list, show_one

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("stack", "Register, choose, show and delete stacks.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the stack.")]
_COMPONENT = {kind.name: typer.Option(f"--{kind.name}", kind.flag, metavar="NAME") for kind in KINDS.values()}


@app.command(cls=Command)
def register(
    name: Name,
    *,
    orchestrator: Annotated[str | None, _COMPONENT["orchestrator"]] = None,
    artifact_store: Annotated[str | None, _COMPONENT["artifact-store"]] = None,
    container_registry: Annotated[str | None, _COMPONENT["container-registry"]] = None,
    image_builder: Annotated[str | None, _COMPONENT["image-builder"]] = None,
    activate: Annotated[bool, typer.Option("--set", help="Make it the active stack.")] = False,
) -> None:
    """Register a stack of components, as in: podium stack register dev -o default -a default --set"""
    from ...core.store.config_store import ConfigStore
    from ...core.store.records import StackRecord

    given = {
        "orchestrator": orchestrator,
        "artifact-store": artifact_store,
        "container-registry": container_registry,
        "image-builder": image_builder,
    }
    missing = [
        UsageError(f"a stack needs a component of kind {kind.name}", hint=f"add {kind.flag} NAME")
        for kind in KINDS.values()
        if kind.required and not given[kind.name]
    ]
    if missing:
        raise DefinitionError(missing, subject=f"stack {name!r}")
    store = ConfigStore()
    changed = store.register_stack(StackRecord(name, {kind: value for kind, value in given.items() if value}))
    typer.echo(f"{'registered' if changed else 'unchanged:'} stack {name!r}", err=True)
    if activate:
        _activate(name)


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List every stack and its components."""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack

    store = ConfigStore()
    active = select_stack(store).stack
    rows: list[dict[str, JSON]] = [
        {
            "name": stack.name,
            "active": stack.name == active,
            **{kind.replace("-", "_"): stack.components.get(kind) for kind in KINDS},
        }
        for stack in store.stacks.all()
    ]
    show_list(rows, output)


@app.command(cls=Command)
def describe(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name of the stack, or how it starts.")] = "",
    output: Output = "table",
) -> None:
    """Show a stack and its components. Without a name: the one that applies here."""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack, selected_stack

    store = ConfigStore()
    stack = store.stacks.find(name) if name else selected_stack(store)
    components: dict[str, JSON] = {}
    for kind, component in stack.components.items():
        record = store.components(kind).get(component)
        components[kind.replace("-", "_")] = {"name": component, "flavor": record.flavor, "config": dict(record.config)}
    active = stack.name == select_stack(store).stack
    show_one({"name": stack.name, "active": active, **components}, output)


@app.command(cls=Command)
def get(output: Output = "names") -> None:
    """Print the stack that applies here. With --output table also where that was decided."""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack

    selection = select_stack(ConfigStore())
    show_one({"name": selection.stack, "source": selection.source}, output)


@app.command("set", cls=Command)
def set_(
    name: Name,
    repository: Annotated[
        bool, typer.Option("--repository", help="Pin it in the repository that the working directory is in.")
    ] = False,
) -> None:
    """Make a stack the active one."""
    _activate(name, repository=repository)


@app.command(cls=Command)
def delete(name: Name, yes: Yes = False) -> None:
    """Delete a stack that is not the active one; its components stay."""
    from ...core.store.config_store import ConfigStore
    from ..prompts import confirm

    store = ConfigStore()
    store.stacks.get(name)
    confirm(f"delete stack {name!r}?", yes=yes)
    store.delete_stack(name)
    typer.echo(f"deleted stack {name!r}", err=True)


def _activate(name: str, *, repository: bool = False) -> None:
    """Set the active stack, and say so when something else still decides here."""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import find_repository, repository_file, select_stack

    store = ConfigStore()
    folder = find_repository(Path.cwd()) if repository else None
    if repository and folder is None:
        raise NotFoundError("the working directory is in no repository", hint="podium init")
    store.set_active_stack(name, pin=repository_file(folder) if folder else None)
    typer.echo(f"{'pinned' if folder else 'active'} stack: {name}", err=True)
    selection = select_stack(store)
    if selection.stack != name:
        typer.echo(f"note: stack {selection.stack!r} applies here, chosen by {selection.source}", err=True)
