"""The verbs that every kind of component has: register, list, describe, delete, flavor list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..core.kinds import Kind
from .app import Command, noun
from .flavors import show_flavors
from .options import Output, Yes
from .output import show_list, show_one

if TYPE_CHECKING:
    from ..core.spec import JSON
    from ..core.store.records import ComponentRecord

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the component.")]
Flavor = Annotated[str, typer.Option("--flavor", "-f", help="Flavor of the component.", show_default=False)]
Labels = Annotated[list[str] | None, typer.Option("--label", "-l", metavar="KEY=VALUE", help="Label; repeatable.")]

_ANY_FIELD = {"allow_extra_args": True, "ignore_unknown_options": True}
_REGISTER_HELP = (
    "The flavor's fields follow the name: --field=value, --field value, --field=@file, --field=- for stdin, "
    "JSON for lists and dicts, commas for lists."
)


def component_app(kind: Kind) -> typer.Typer:
    """Return the noun of one kind of component."""
    app = noun(kind.name, f"Register, show and delete {kind.plural}.")
    what = f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"

    @app.command(cls=Command, context_settings=_ANY_FIELD, help=f"Register {what}. {_REGISTER_HELP}")
    def register(ctx: typer.Context, name: Name, flavor: Flavor, label: Labels = None) -> None:
        from ..core.components import register
        from ..core.registry import load
        from ..core.store.config_store import ConfigStore
        from ..core.store.records import ComponentRecord
        from .fields import read_fields, read_labels

        config = read_fields(ctx.args, load(kind.name, flavor).config_class)
        record = ComponentRecord(kind.name, name, flavor, config, read_labels(label or []))
        changed = register(record, ConfigStore())
        typer.echo(f"{'registered' if changed else 'unchanged:'} {kind.name} {name!r}", err=True)

    @app.command("list", cls=Command, help=f"List every {kind.name}.")
    def list_(output: Output = "table") -> None:
        from ..core.store.config_store import ConfigStore

        records = ConfigStore().components(kind.name).all()
        show_list([{"name": record.name, **_fields(record)} for record in records], output)

    @app.command(cls=Command, help=f"Show {what}, the stacks that use it and its file.")
    def describe(name: Name, output: Output = "table") -> None:
        from ..core.store.config_store import ConfigStore

        store = ConfigStore()
        components = store.components(kind.name)
        record = components.find(name)
        show_one(
            {
                "name": record.name,
                "kind": kind.name,
                **_fields(record),
                "stacks": [
                    stack.name for stack in store.stacks.all() if stack.components.get(kind.name) == record.name
                ],
                "file": None if record.name in components.built_in else str(components.path(record.name)),
            },
            output,
        )

    @app.command(cls=Command, help=f"Delete {what} that no stack uses.")
    def delete(name: Name, yes: Yes = False) -> None:
        from ..core.store.config_store import ConfigStore
        from .prompts import confirm

        store = ConfigStore()
        store.components(kind.name).get(name)
        confirm(f"delete {kind.name} {name!r}?", yes=yes)
        store.delete_component(kind.name, name)
        typer.echo(f"deleted {kind.name} {name!r}", err=True)

    flavor = noun("flavor", f"Show the flavors of {kind.plural}.")
    app.add_typer(flavor)

    @flavor.command("list", cls=Command, help=f"List the flavors of {kind.plural}.")
    def flavor_list(output: Output = "table") -> None:
        show_flavors([kind], output)

    return app


def _fields(record: ComponentRecord) -> dict[str, JSON]:
    return {"flavor": record.flavor, "config": dict(record.config), "labels": dict(record.labels)}
