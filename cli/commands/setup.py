"""`podium init`, `podium status` and `podium version`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import __version__
from ..app import Command, noun
from ..options import Output
from ..output import show_one

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun(None, "")


@app.command(cls=Command)
def init(
    path: Annotated[str, typer.Argument(metavar="[FOLDER]", help="Folder from which steps are imported.")] = ".",
    stack: Annotated[str | None, typer.Option("--stack", metavar="NAME", help="Stack that the project pins.")] = None,
) -> None:
    """Mark a folder as the root of a project, as in: podium init --stack dev

    The project may pin the stack it runs on.
    """
    from ...core.files import replace_file
    from ...core.store.config_store import ConfigStore
    from ...core.store.document import dump_document
    from ...core.store.selection import repository_file

    folder = Path(path).resolve(strict=True)
    file = repository_file(folder)
    if stack:
        from ...core.stacks.changes import activate

        activate(stack, ConfigStore(), pin=file)
    elif not file.exists():
        replace_file(file, dump_document({}))
    typer.echo(f"source root: {folder}", err=True)


@app.command(cls=Command)
def status(output: Output = "table") -> None:
    """Show which stack applies here, and why, as in: podium status --output json"""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import find_repository, select_stack, selected_stack

    store = ConfigStore()
    selection = select_stack(store)
    stack = selected_stack(store)
    repository = find_repository(Path.cwd())
    row: dict[str, JSON] = {
        "name": stack.name,
        "source": selection.source,
        "components": dict(stack.components),
        "config_home": str(store.home),
        "repository": str(repository) if repository else None,
        "version": __version__,
    }
    show_one(row, output)


@app.command(cls=Command)
def version(output: Output = "table") -> None:
    """Show the version of podium, as in: podium version --output json"""
    if output == "table":
        typer.echo(f"podium {__version__}")
    else:
        python = ".".join(map(str, sys.version_info[:3]))
        show_one({"name": __version__, "version": __version__, "python": python, "platform": sys.platform}, output)
