"""The verbs that take a flavor's fields: register, update and remove-attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import PodiumError, UsageError
from ...core.kinds import Kind
from ..app import Command
from ..field_command import FieldCommand
from ..options import FromEnv, Labels, NoVerify
from .options import Connector, Name, ResourceId
from .wording import EXAMPLES, one

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

_VALUES = (
    "The flavor's fields are options, too: --field=value or --field value, with JSON for lists and dicts, commas for "
    "lists, @file, - for stdin and {{secret.key}}. --config.field is a field that has the name of an option below."
)


class _RegisterCommand(FieldCommand):
    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Add the fields of the flavor that is given beside --help."""
        super().format_options(ctx, formatter)
        flavor, noun = ctx.params.get("flavor"), ctx.parent
        if flavor and noun and noun.info_name:
            from ...core.registry import load
            from ..field_table import write_fields

            title = f"Fields of flavor {flavor}"
            try:
                write_fields(formatter, title, load(noun.info_name, flavor).config_class)
            except PodiumError as error:
                with formatter.section(title):
                    formatter.write_text(". ".join(filter(None, (error.message, error.hint))))


def add(app: typer.Typer, kind: Kind) -> None:
    """Add the verbs to the noun of a kind."""
    example = f"as in: podium {kind.name} register {EXAMPLES[kind.name]}"

    @app.command(cls=_RegisterCommand, help=f"Register {one(kind)}, {example}\n\n{_VALUES}")
    def register(
        ctx: typer.Context,
        name: Name,
        flavor: Annotated[
            str,
            typer.Option(
                "--flavor", "-f", metavar="NAME", help="Flavor; with --help, shows its fields.", is_eager=True
            ),
        ],
        *,
        label: Labels = None,
        connector: Connector = None,
        resource_id: ResourceId = None,
        no_verify: NoVerify = False,
        from_env: FromEnv = None,
        update: Annotated[bool, typer.Option("--update", help="Replace another one of that name.")] = False,
    ) -> None:
        from ...core.components.registration import register
        from ...core.registry import load
        from ...core.store.config_store import ConfigStore
        from ...core.store.records import ComponentRecord
        from ..fields import read_fields, read_labels
        from .connecting import with_only_connector

        if resource_id and not connector:
            raise UsageError("--resource-id is a resource of a service connector", hint="add --connector NAME")
        store = ConfigStore()
        found = load(kind.name, flavor)
        config = read_fields(ctx.args, found.config_class, from_env or ())
        given = ComponentRecord(kind.name, name, flavor, config, read_labels(label or []), connector, resource_id)
        record, notes = with_only_connector(given, store) if found.connector_required else (given, [])
        done = register(record, store, update=update, verify=bool(connector) and not no_verify)
        typer.echo(f"{'unchanged:' if done == 'unchanged' else done} {kind.name} {name!r}", err=True)
        for note in notes:
            typer.echo(note, err=True)

    @app.command(
        cls=FieldCommand,
        help=f"Give fields of {one(kind)} other values, as in: podium {kind.name} update NAME --FIELD=VALUE\n\n"
        f"{_VALUES} `podium {kind.name} flavor describe` shows the fields.",
    )
    def update(ctx: typer.Context, name: Name, *, label: Labels = None, from_env: FromEnv = None) -> None:
        from ...core.components.registration import revise
        from ...core.registry import load
        from ...core.store.config_store import ConfigStore
        from ..fields import read_fields, read_labels

        store = ConfigStore()
        model = load(kind.name, store.components(kind.name).get(name).flavor).config_class
        fields = read_fields(ctx.args, model, from_env or ())
        labels = read_labels(label or [])
        if not (fields or labels):
            raise UsageError("nothing to change", hint=f"podium {kind.name} update {name} --field=value")
        _tell(kind, name, changed=revise(kind.name, name, store, fields=fields, labels=labels))

    @app.command(
        "remove-attribute",
        cls=Command,
        context_settings={"ignore_unknown_options": True},
        help=f"Remove the values of fields of {one(kind)}, as in: podium {kind.name} remove-attribute NAME FIELD",
    )
    def remove_attribute(
        name: Name,
        fields: Annotated[list[str], typer.Argument(metavar="FIELD...", help="Names of fields, or --name.")],
    ) -> None:
        from ...core.components.registration import revise
        from ...core.store.config_store import ConfigStore

        names = [field.removeprefix("--").removeprefix("config.").replace("-", "_") for field in fields]
        _tell(kind, name, changed=revise(kind.name, name, ConfigStore(), remove=names))


def _tell(kind: Kind, name: str, *, changed: bool) -> None:
    typer.echo(f"{'updated' if changed else 'unchanged:'} {kind.name} {name!r}", err=True)
