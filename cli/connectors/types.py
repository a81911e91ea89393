"""The verbs that show which types of service connector there are; no SDK is needed to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.dataclass import asdict
from ...core.errors import PodiumError
from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list, show_one
from .options import AuthMethod, ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...core.contracts.component import Settings
    from ...core.contracts.service_connector import AuthMethod as Method
    from ...core.contracts.service_connector import ResourceType as Resource
    from ...core.contracts.service_connector import ServiceConnector
    from ...core.spec import JSON

app = noun(None, "")


@app.command("list-types", cls=Command)
def list_types(
    connector_type: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="Only this type, as aws.")
    ] = None,
    resource_type: ResourceType = None,
    auth_method: AuthMethod = None,
    output: Output = "table",
) -> None:
    """List the types of service connector, as in: podium service-connector list-types --type aws

    LOCAL: its SDK is installed here. REMOTE: it hands credentials to jobs.
    """
    from ...core.connectors.types import load_type

    known = [load_type(connector_type)] if connector_type else _importable()
    rows: list[dict[str, JSON]] = [
        _row(connector)
        for connector in known
        if resource_type in {None, *(resource.name for resource in connector.resource_types)}
        and auth_method in {None, *(method.name for method in connector.auth_methods)}
    ]
    show_list(rows, output, name="type", stacked=True)


@app.command("describe-type", cls=Command)
def describe_type(
    connector_type: Annotated[str, typer.Argument(metavar="TYPE", help="Type of service connector, as aws.")],
    resource_type: ResourceType = None,
    auth_method: AuthMethod = None,
    output: Output = "table",
) -> None:
    """Show what a type of connector reaches, as in: podium service-connector describe-type aws

    The fields of each way to authenticate are shown, too.
    """
    from ...core.connectors.types import can_detect, check_resource_type, load_type, method_of

    connector = load_type(connector_type)
    if resource_type:
        check_resource_type(connector, resource_type)
    resources = [resource for resource in connector.resource_types if resource_type in {None, resource.name}]
    methods = [method_of(connector, auth_method)] if auth_method else list(connector.auth_methods)
    facts: dict[str, JSON] = {
        **_row(connector),
        "help": connector.help,
        "integration": connector.integration,
        "auto_configure": can_detect(connector),
    }
    check_output(output)
    if output == "table":
        _show_tables(facts, resources, methods)
    else:
        described: list[JSON] = [_described(method) for method in methods]
        parts: dict[str, JSON] = {
            "resource_types": [asdict(resource) for resource in resources],
            "auth_methods": described,
        }
        show_one({**facts, **parts}, output, name="type")


def _importable() -> Iterator[type[ServiceConnector[Settings]]]:
    """Yield every type; one that another package adds and breaks is warned about."""
    from ...core.connectors.types import load_type, types

    for name in sorted(types()):
        try:
            yield load_type(name)
        except PodiumError as error:
            typer.echo(f"warning: {error}", err=True)


def _row(connector: type[ServiceConnector[Settings]]) -> dict[str, JSON]:
    from ...core.connectors.types import sdk_is_installed

    return {
        "name": connector.title,
        "type": connector.type,
        "resource_types": [resource.name for resource in connector.resource_types],
        "auth_methods": [method.name for method in connector.auth_methods],
        "local": sdk_is_installed(connector),
        "remote": connector.remote,
    }


def _described(method: Method) -> dict[str, JSON]:
    from ..field_table import field_rows

    return {
        "name": method.name,
        "help": method.help,
        "expires": method.expires,
        "fields": [*field_rows(method.config_class)],
    }


def _show_tables(facts: dict[str, JSON], resources: Sequence[Resource], methods: Sequence[Method]) -> None:
    """Print a type for people: its facts, then tables of its resources, its auth methods, and their fields."""
    from ..field_table import field_rows
    from .fields import with_same_fields

    show_one({key: value for key, value in facts.items() if key not in {"resource_types", "auth_methods"}}, "table")
    tables: list[tuple[str, list[dict[str, JSON]]]] = [
        ("", [{"resource_type": found.name, "instances": found.instances, "help": found.help} for found in resources]),
        ("", [{"auth_method": method.name, "expires": method.expires, "help": method.help} for method in methods]),
    ]
    for names, model in with_same_fields(methods):
        columns = [{key: value for key, value in row.items() if key != "name"} for row in field_rows(model)]
        tables.append((f"Fields of {names}:\n", columns))
    for title, rows in tables:
        typer.echo(f"\n{title}", nl=False)
        show_list(rows, "table", stacked=True)
