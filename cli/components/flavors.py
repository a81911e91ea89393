"""The flavors of a kind: listed, described, and registered from the user's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.kinds import Kind
from ..app import Command, noun
from ..flavors import show_flavors
from ..options import Output, Yes
from ..output import check_output, show_one

if TYPE_CHECKING:
    from ...core.spec import JSON

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the flavor.")]


def add(app: typer.Typer, kind: Kind) -> None:
    """Add the noun `flavor` to the noun of a kind."""
    flavor = noun("flavor", f"Show, register and delete flavors of {kind.plural}.")
    app.add_typer(flavor)

    @flavor.command(
        "list",
        cls=Command,
        help=f"List the flavors of {kind.plural}, as in: podium {kind.name} flavor list --output names",
    )
    def list_(output: Output = "table") -> None:
        show_flavors([kind], output)

    @flavor.command(cls=Command, help=f"Show a flavor, as in: podium {kind.name} flavor describe local")
    def describe(ctx: typer.Context, name: Name, output: Output = "table") -> None:
        from ...core.registry import find, imported
        from ..field_table import field_rows, write_fields

        check_output(output)
        info = find(kind.name, name)
        found = imported(info) if info.entry_point else None  # one that is planned has no class yet
        row: dict[str, JSON] = {
            "name": info.name,
            "kind": kind.name,
            "integration": info.integration,
            "status": info.status,
            "notes": info.notes,
            "source": info.entry_point or None,
            "connector_resource": found.connector_resource if found else None,
            "connector_required": found.connector_required if found else False,
        }
        if output != "table":
            show_one({**row, "fields": [*field_rows(found.config_class)] if found else []}, output)
            return
        show_one(row, output)
        if found:
            formatter = ctx.make_formatter()
            write_fields(formatter, "Fields", found.config_class)
            typer.echo(formatter.getvalue().rstrip())

    @flavor.command(
        cls=Command, help=f"Register a flavor by its class, as in: podium {kind.name} flavor register my.Class"
    )
    def register(
        source: Annotated[
            str,
            typer.Argument(
                metavar="SOURCE", help="package.module.Class, importable from the repository or the working directory."
            ),
        ],
    ) -> None:
        from ...core.components.custom_flavors import register
        from ...core.store.config_store import ConfigStore

        name, changed = register(kind.name, source, ConfigStore())
        typer.echo(f"{'registered' if changed else 'unchanged:'} {kind.name} flavor {name!r}", err=True)

    @flavor.command(
        cls=Command, help=f"Delete a flavor that was registered, as in: podium {kind.name} flavor delete NAME --yes"
    )
    def delete(name: Name, yes: Yes = False) -> None:
        from ...core.components.custom_flavors import check_deletable, delete
        from ...core.store.config_store import ConfigStore
        from ..prompts import confirm

        store = ConfigStore()
        check_deletable(kind.name, name, store)
        confirm(f"delete {kind.name} flavor {name!r}?", yes=yes)
        delete(kind.name, name, store)
        typer.echo(f"deleted {kind.name} flavor {name!r}", err=True)
