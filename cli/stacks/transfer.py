"""The verbs that take a stack to another machine, or into git, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import Command, noun
from ..options import Yes
from .change import Force
from .show import Name, find

app = noun(None, "")


@app.command(cls=Command)
def export(
    name: Name = "",
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="File to write, in place of stdout.")] = "",
) -> None:
    """Write a stack as a file that `podium apply` takes, as in: podium stack export dev stack.yaml

    It holds the stack's components and service connectors, and of secrets only what they are called.
    """
    from ...core.stacks.file import export
    from ...core.store.config_store import ConfigStore

    store = ConfigStore()
    stack = find(name, store)
    text = export(stack, store)
    if not file:
        typer.echo(text, nl=False)
        return
    _replace(Path(file), text)
    typer.echo(f"exported stack {stack.name!r} to {file}", err=True)


@app.command("import", cls=Command)
def import_(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name for the stack, in place of its own.")] = "",
    *,
    file: Annotated[str, typer.Option("--file", "-f", metavar="FILE", help="File to read; - for stdin.")],
    force: Force = False,
    yes: Yes = False,
) -> None:
    """Register what a file holds that was exported, as in: podium stack import -f stack.yaml

    Asks for secrets that are missing, where there is a terminal. What is here already under the names of the file is
    changed to what the file says; that is shown first.
    """
    from ...core.apply.manifest import Manifest
    from ..applying import apply_manifest, read_sources

    manifest = Manifest(read_sources([file]))
    if name:
        manifest.rename_stack(name)
    apply_manifest(manifest, yes=yes, force=force)


def _replace(file: Path, text: str) -> None:
    """Write a file of the user's, whole or not at all."""
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as new:
        try:
            new.write(text)
            new.flush()
            Path(new.name).replace(file)
        except BaseException:
            Path(new.name).unlink()
            raise
