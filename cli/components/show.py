"""The verbs that show components: list, describe, get and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import NotFoundError, PodiumError
from ...core.kinds import Kind
from ..app import Command
from ..options import Output
from ..output import check_output, show_list, show_one
from .wording import EXPLANATIONS, one

if TYPE_CHECKING:
    from ...core.spec import JSON
    from ...core.store.config_store import ConfigStore
    from ...core.store.records import ComponentRecord, StackRecord


def add(app: typer.Typer, kind: Kind) -> None:
    """Add the verbs to the noun of a kind."""

    @app.command("list", cls=Command, help=f"List {kind.plural}, as in: podium {kind.name} list --flavor local")
    def list_(
        flavor: Annotated[str | None, typer.Option("--flavor", "-f", metavar="NAME", help="Only of a flavor.")] = None,
        output: Output = "table",
    ) -> None:
        from ...core.store.config_store import ConfigStore

        check_output(output)
        rows: list[dict[str, JSON]] = [
            {
                "name": record.name,
                "flavor": record.flavor,
                "connector": record.connector,
                "labels": dict(record.labels),
            }
            for record in ConfigStore().components(kind.name).all()
            if flavor in {None, record.flavor}
        ]
        show_list(rows, output)

    @app.command(
        cls=Command,
        help=f"Show {one(kind)}, the stacks that use it and its file, as in: podium {kind.name} describe default",
    )
    def describe(
        name: Annotated[
            str, typer.Argument(metavar="[NAME]", help="Its name, or how one starts; by default the active stack's.")
        ] = "",
        output: Output = "table",
    ) -> None:
        from ...core.components.changes import stacks_using
        from ...core.store.config_store import ConfigStore

        check_output(output)
        store = ConfigStore()
        components = store.components(kind.name)
        record = components.find(name) if name else _of_stack(kind, store)[0]
        show_one(
            {
                "name": record.name,
                "kind": kind.name,
                "flavor": record.flavor,
                "config": shown_config(record),
                "labels": dict(record.labels),
                "connector": record.connector,
                "resource_id": record.resource_id,
                "stacks": [*stacks_using(kind.name, record.name, store)],
                "file": None if record.name in components.built_in else str(components.path(record.name)),
            },
            output,
        )

    @app.command(
        cls=Command,
        help=f"Print the {kind.name} of the stack that applies here, as in: podium {kind.name} get --output json",
    )
    def get(output: Output = "names") -> None:
        from ...core.store.config_store import ConfigStore

        check_output(output)
        record, stack = _of_stack(kind, ConfigStore())
        show_one({"name": record.name, "flavor": record.flavor, "stack": stack.name}, output)

    @app.command(cls=Command, help=f"Say what {one(kind)} is and does, as in: podium {kind.name} explain")
    def explain() -> None:
        import textwrap

        for paragraph in EXPLANATIONS[kind.name].split("\n\n"):
            typer.echo(textwrap.fill(paragraph, 79) + "\n")
        typer.echo(f"podium {kind.name} flavor list shows the flavors there are.")


def _of_stack(kind: Kind, store: ConfigStore) -> tuple[ComponentRecord, StackRecord]:
    """Return the component of the stack that applies here, and that stack."""
    from ...core.store.selection import selected_stack

    stack = selected_stack(store)
    if kind.name not in stack.components:
        raise NotFoundError(
            f"stack {stack.name!r} has no {kind.name}", hint=f"podium stack update {stack.name} {kind.flag} NAME"
        )
    return store.components(kind.name).get(stack.components[kind.name]), stack


def shown_config(record: ComponentRecord) -> dict[str, JSON]:
    """Return the config with its secrets masked: all of it when the flavor is gone, which knows what is secret."""
    from ...core.components import registration
    from ...core.secrets.secret import MASK

    try:
        return registration.shown_config(record)
    except PodiumError as error:
        typer.echo(f"note: {error.message}, so every value is masked", err=True)
        return dict.fromkeys(record.config, MASK)
