"""The verbs that rename and delete service connectors."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import Command, noun
from ..options import Yes
from .options import Name

app = noun(None, "")


@app.command(cls=Command)
def rename(name: Name, new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The name it gets.")]) -> None:
    """Give a connector another name, as in: podium service-connector rename hub images

    Components that are connected to it stay so.
    """
    from ...core.connectors.changes import rename
    from ...core.store.config_store import ConfigStore

    rename(name, new_name, ConfigStore())
    typer.echo(f"renamed service-connector {name!r} to {new_name!r}", err=True)


@app.command(cls=Command)
def delete(name: Name, yes: Yes = False) -> None:
    """Delete a service connector and its secret, as in: podium service-connector delete hub --yes

    No component may be connected to it.
    """
    from ...core.connectors.changes import check_unused, delete
    from ...core.store.config_store import ConfigStore
    from ..prompts import confirm

    store = ConfigStore()
    store.connectors.get(name)
    check_unused(name, store)
    confirm(f"delete service-connector {name!r} and its credentials?", yes=yes)
    delete(name, store)
    typer.echo(f"deleted service-connector {name!r}", err=True)
