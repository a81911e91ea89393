"""The verbs that change stacks, and the one that chooses the active one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import NotFoundError, UsageError
from ...core.kinds import KINDS
from ..app import Command, noun
from ..options import Yes

if TYPE_CHECKING:
    from ...core.store.config_store import ConfigStore

app = noun(None, "")


def _component(kind: str) -> object:
    return typer.Option(f"--{kind}", KINDS[kind].flag, metavar="NAME", help=f"Its {kind}.")


Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the stack.")]
Orchestrator = Annotated[str | None, _component("orchestrator")]
ArtifactStore = Annotated[str | None, _component("artifact-store")]
ContainerRegistry = Annotated[str | None, _component("container-registry")]
ImageBuilder = Annotated[str | None, _component("image-builder")]
Activate = Annotated[bool, typer.Option("--set", help="Make it the active stack.")]
Force = Annotated[bool, typer.Option("--force", help="Allow a stack that can never run.")]


@app.command(cls=Command)
def register(
    name: Name,
    *,
    orchestrator: Orchestrator = None,
    artifact_store: ArtifactStore = None,
    container_registry: ContainerRegistry = None,
    image_builder: ImageBuilder = None,
    activate: Activate = False,
    update: Annotated[bool, typer.Option("--update", help="Replace another stack of that name.")] = False,
    force: Force = False,
) -> None:
    """Register a stack of components, as in: podium stack register dev -o default -a default --set"""
    from ...core.stacks.changes import register
    from ...core.store.config_store import ConfigStore
    from ...core.store.records import StackRecord

    store = ConfigStore()
    components = _given(orchestrator, artifact_store, container_registry, image_builder)
    done = register(StackRecord(name, components), store, update=update, force=force)
    typer.echo(f"{'unchanged:' if done == 'unchanged' else done} stack {name!r}", err=True)
    if activate:
        _activate(name, store, force=force)


@app.command(cls=Command)
def update(
    name: Name,
    *,
    orchestrator: Orchestrator = None,
    artifact_store: ArtifactStore = None,
    container_registry: ContainerRegistry = None,
    image_builder: ImageBuilder = None,
    force: Force = False,
) -> None:
    """Give a stack other components, as in: podium stack update dev -c hub -i local"""
    from ...core.stacks.changes import update
    from ...core.store.config_store import ConfigStore

    components = _given(orchestrator, artifact_store, container_registry, image_builder)
    if not components:
        raise UsageError("no component is given", hint=f"podium stack update {name} -o NAME")
    _tell(name, changed=update(name, components, ConfigStore(), force=force))


@app.command("remove-component", cls=Command)
def remove_component(
    name: Name,
    *,
    container_registry: Annotated[bool, typer.Option("--container-registry", "-c", help="Its registry.")] = False,
    image_builder: Annotated[bool, typer.Option("--image-builder", "-i", help="Its image builder.")] = False,
    force: Force = False,
) -> None:
    """Take optional components out of a stack, as in: podium stack remove-component dev -c -i"""
    from ...core.stacks.changes import remove_components
    from ...core.store.config_store import ConfigStore

    flags = {"container-registry": container_registry, "image-builder": image_builder}
    kinds = [kind for kind, given in flags.items() if given]
    if not kinds:
        raise UsageError("no component is named", hint=f"podium stack remove-component {name} -c")
    _tell(name, changed=remove_components(name, kinds, ConfigStore(), force=force))


@app.command(cls=Command)
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Name of the stack.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Give a stack another name, as in: podium stack rename dev laptop"""
    from ...core.stacks.changes import rename
    from ...core.store.config_store import ConfigStore

    rename(old, new, ConfigStore())
    typer.echo(f"renamed stack {old!r} to {new!r}", err=True)


@app.command(cls=Command)
def copy(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the stack.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Name of the copy.")],
) -> None:
    """Register a stack of the same components, as in: podium stack copy default dev"""
    from ...core.stacks.changes import copy
    from ...core.store.config_store import ConfigStore

    copy(source, target, ConfigStore())
    typer.echo(f"copied stack {source!r} to {target!r}", err=True)


@app.command("set", cls=Command)
def set_(
    name: Name,
    *,
    repository: Annotated[
        bool, typer.Option("--repository", help="Pin it in the repository that the working directory is in.")
    ] = False,
    force: Force = False,
) -> None:
    """Make a stack the active one, as in: podium stack set dev"""
    from ...core.store.config_store import ConfigStore

    _activate(name, ConfigStore(), repository=repository, force=force)


@app.command(cls=Command)
def delete(
    name: Name,
    *,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Delete its components too, those that no other stack has.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete a stack that is not the active one, as in: podium stack delete dev --yes"""
    from ...core.stacks.changes import components_of_no_other, delete
    from ...core.store.config_store import ConfigStore
    from ..prompts import confirm

    store = ConfigStore()
    objects = [f"stack {store.stacks.get(name).name!r}"]
    if recursive:
        objects += [f"{kind} {component!r}" for kind, component in components_of_no_other(name, store).items()]
    confirm(f"delete {', '.join(objects)}?", yes=yes)
    delete(name, store, recursive=recursive)
    typer.echo(f"deleted {', '.join(objects)}", err=True)


def _given(
    orchestrator: str | None, artifact_store: str | None, container_registry: str | None, image_builder: str | None
) -> dict[str, str]:
    options = {
        "orchestrator": orchestrator,
        "artifact-store": artifact_store,
        "container-registry": container_registry,
        "image-builder": image_builder,
    }
    return {kind: name for kind, name in options.items() if name}


def _tell(name: str, *, changed: bool) -> None:
    typer.echo(f"{'updated' if changed else 'unchanged:'} stack {name!r}", err=True)


def _activate(name: str, store: ConfigStore, *, repository: bool = False, force: bool = False) -> None:
    """Set the active stack, and say so when something else still decides here."""
    from ...core.stacks.changes import activate
    from ...core.store.selection import find_repository, repository_file, select_stack

    folder = find_repository(Path.cwd()) if repository else None
    if repository and folder is None:
        raise NotFoundError("the working directory is in no repository", hint="podium init")
    activate(name, store, pin=repository_file(folder) if folder else None, force=force)
    typer.echo(f"{'pinned' if folder else 'active'} stack: {name}", err=True)
    selection = select_stack(store)
    if selection.stack != name:
        typer.echo(f"note: stack {selection.stack!r} applies here, chosen by {selection.source}", err=True)
