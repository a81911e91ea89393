"""`podium apply`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import Command, noun
from ..options import Yes
from ..stacks.change import Force

app = noun(None, "")


@app.command(cls=Command)
def apply(
    file: Annotated[list[str], typer.Option("--file", "-f", metavar="FILE", help="File to read; repeatable.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    force: Force = False,
    yes: Yes = False,
) -> None:
    """Bring the store to what files say, as in: podium apply -f stack.yaml --yes

    A file may hold components, service connectors and stacks, each under its name; - stands for stdin. What is not in
    the files stays as it is.
    """
    from ...core.apply.manifest import Manifest
    from ..applying import apply_manifest, read_sources

    apply_manifest(Manifest(read_sources(file)), yes=yes, force=force, dry_run=dry_run)
