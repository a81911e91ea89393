"""The verbs that change what a component is called, copies it, connects it or deletes it."""

from __future__ import annotations

from typing import Annotated

import typer

from ...core.kinds import Kind
from ..app import Command
from ..options import NoVerify, Yes
from .options import Name, ResourceId
from .wording import one


def add(app: typer.Typer, kind: Kind) -> None:
    """Add the verbs to the noun of a kind."""

    @app.command(
        cls=Command,
        help=f"Give {one(kind)} another name, as in: podium {kind.name} rename OLD NEW\n\n"
        "Stacks that use it go on doing so.",
    )
    def rename(
        name: Annotated[str, typer.Argument(metavar="OLD", help="Its name.")],
        new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    ) -> None:
        from ...core.components.changes import rename
        from ...core.store.config_store import ConfigStore

        rename(kind.name, name, new, ConfigStore())
        typer.echo(f"renamed {kind.name} {name!r} to {new!r}", err=True)

    @app.command(cls=Command, help=f"Register {one(kind)} like another one, as in: podium {kind.name} copy NAME OTHER")
    def copy(
        source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the one to copy.")],
        target: Annotated[str, typer.Argument(metavar="TARGET", help="Name of the copy.")],
    ) -> None:
        from ...core.components.changes import copy
        from ...core.store.config_store import ConfigStore

        copy(kind.name, source, target, ConfigStore())
        typer.echo(f"copied {kind.name} {source!r} to {target!r}", err=True)

    @app.command(
        cls=Command, help=f"Delete {one(kind)} that no stack uses, as in: podium {kind.name} delete NAME --yes"
    )
    def delete(name: Name, yes: Yes = False) -> None:
        from ...core.components.changes import check_unused, delete
        from ...core.components.registration import secret_name
        from ...core.secrets.own_secret import own_keys
        from ...core.store.config_store import ConfigStore
        from ..prompts import confirm

        store = ConfigStore()
        record = store.components(kind.name).get(name)
        check_unused(kind.name, name, store)
        secrets = sorted(own_keys(record.config, secret_name(record)))
        also = f" and its secret {', '.join(secrets)}" if secrets else ""
        confirm(f"delete {kind.name} {name!r}{also}?", yes=yes)
        delete(kind.name, name, store)
        typer.echo(f"deleted {kind.name} {name!r}", err=True)

    @app.command(
        cls=Command,
        help=f"Have {one(kind)} use a service connector, as in: podium {kind.name} connect NAME --connector C",
    )
    def connect(
        name: Name,
        connector: Annotated[
            str, typer.Option("--connector", "-c", metavar="NAME", help="Service connector with the credentials.")
        ],
        resource_id: ResourceId = None,
        no_verify: NoVerify = False,
    ) -> None:
        from ...core.components.connections import connect
        from ...core.store.config_store import ConfigStore

        store = ConfigStore()
        changed = connect(kind.name, name, connector, store, resource_id=resource_id, verify=not no_verify)
        what = f"{kind.name} {name!r} to service-connector {connector!r}"
        typer.echo(f"connected {what}" if changed else f"unchanged: {kind.name} {name!r}", err=True)

    @app.command(
        cls=Command, help=f"Have {one(kind)} use no service connector, as in: podium {kind.name} disconnect NAME"
    )
    def disconnect(name: Name) -> None:
        from ...core.components.connections import disconnect
        from ...core.store.config_store import ConfigStore

        changed = disconnect(kind.name, name, ConfigStore())
        typer.echo(f"{'disconnected' if changed else 'unchanged:'} {kind.name} {name!r}", err=True)
