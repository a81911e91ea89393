"""`podium artifact`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list, show_one

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("artifact", "Show the artifacts that have a name.")

StackName = Annotated[
    str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack whose store is looked into.")
]


@app.command("list", cls=Command)
def list_(stack: StackName = None, output: Output = "table") -> None:
    """List every named artifact with its newest version, as in: podium artifact list --output json

    Sizes are in bytes.
    """
    from ...core.artifacts.named import names, versions
    from ...core.stacks.stack import load_stack
    from ..run_view import iso

    check_output(output)
    store = load_stack(stack).artifact_store
    rows: list[dict[str, JSON]] = []
    for name in names(store):
        version = versions(store, name)[0]
        rows.append(
            {
                "name": name,
                "version": version.name,
                "type": version.record.type,
                "size": version.record.size,
                "created": iso(version.created),
            }
        )
    show_list(rows, output)


@app.command(cls=Command)
def describe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the artifact, or how it starts.")],
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="The newest if left out.", show_default=False)
    ] = None,
    stack: StackName = None,
    output: Output = "table",
) -> None:
    """Show one version of an artifact, as in: podium artifact describe rows

    Other versions that there are come newest first.
    """
    from ...core.artifacts.named import find, names, versions
    from ...core.stacks.stack import load_stack
    from ..run_view import iso

    check_output(output)
    store = load_stack(stack).artifact_store
    known = list(names(store))
    close = [name] if name in known else [found for found in known if found.startswith(name)]
    name = close[0] if len(close) == 1 else name
    found = find(store, name, version)
    show_one(
        {
            "name": name,
            "version": found.name,
            "type": found.record.type,
            "size": found.record.size,
            "created": iso(found.created),
            "run": found.made_by[0],
            "step": found.made_by[1],
            "materializer": found.record.materializer,
            "digest": found.record.digest,
            "uri": f"{store.url}/{found.record.key}",
            "versions": [other.name for other in versions(store, name)],
        },
        output,
    )
