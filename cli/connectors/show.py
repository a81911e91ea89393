"""The verbs that show service connectors and what they reach, and the one that logs this machine in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import AccessError
from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list, show_one
from .host_keys import Accept, vouched
from .options import Found, Name, ResourceId, ResourceType

if TYPE_CHECKING:
    from ...core.connectors.resources import Reached
    from ...core.spec import JSON
    from ...core.store.records import ConnectorRecord

app = noun(None, "")


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List every service connector, as in: podium service-connector list --output names

    Each says when its credentials end.
    """
    from ...core.store.config_store import ConfigStore

    show_list([{"name": record.name, **_fields(record)} for record in ConfigStore().connectors.all()], output)


@app.command(cls=Command)
def describe(name: Found, output: Output = "table") -> None:
    """Show a service connector, as in: podium service-connector describe hub

    What is connected to it is shown, too, and its file; secrets are masked.
    """
    from ...core.config_values import masked
    from ...core.connectors.changes import connected
    from ...core.connectors.types import load_type, method_of
    from ...core.store.config_store import ConfigStore

    store = ConfigStore()
    record = store.connectors.find(name)
    model = method_of(load_type(record.type), record.auth_method).config_class
    components: list[JSON] = [f"{user.kind} {user.name}" for user in connected(record.name, store)]
    row: dict[str, JSON] = {
        "name": record.name,
        **_fields(record),
        "expiration_seconds": record.expiration_seconds,
        "description": record.description,
        "config": masked(model, record.config),
        "components": components,
        "file": str(store.connectors.path(record.name)),
    }
    show_one(row, output)


@app.command(cls=Command)
def verify(
    name: Found,
    resource_type: ResourceType = None,
    resource_id: ResourceId = None,
    *,
    accept_new_host_keys: Accept = False,
    output: Output = "table",
) -> None:
    """Try whether a service connector reaches its service, as in: podium service-connector verify hub

    What it reaches is printed.
    """
    from ...core.connectors.building import build
    from ...core.connectors.registration import update
    from ...core.connectors.resources import verify
    from ...core.store.config_store import ConfigStore

    check_output(output)
    store = ConfigStore()
    stored = store.connectors.find(name)

    def attempt(record: ConnectorRecord) -> list[Reached]:
        reached = verify(record, build(record, store), resource_type, resource_id)
        if record != stored:
            update(stored, record, store, verify=False)
        return reached

    reached = vouched(stored, attempt, accept=accept_new_host_keys)
    show_list([row.to_plain() for row in reached], output, name="resource_ids", stacked=True)


@app.command("list-resources", cls=Command)
def list_resources(
    *,
    connector_type: Annotated[
        str | None,
        typer.Option("--type", "-t", "--connector-type", "-c", metavar="TYPE", help="Only connectors of this type."),
    ] = None,
    resource_type: ResourceType = None,
    resource_id: ResourceId = None,
    exclude_errors: Annotated[
        bool, typer.Option("--exclude-errors", "-e", help="Leave out the connectors that reach nothing.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for the slowest one.")
    ] = 30.0,
    output: Output = "table",
) -> None:
    """Print what connectors reach, as in: podium service-connector list-resources --type aws

    All of them are asked at once, and none reaching anything is a failure.
    """
    from ...core.connectors.resources import all_reachable
    from ...core.connectors.types import load_type
    from ...core.store.config_store import ConfigStore

    check_output(output)
    if connector_type:
        load_type(connector_type)
    reached = all_reachable(
        ConfigStore(),
        type_name=connector_type,
        resource_type=resource_type,
        resource_id=resource_id,
        patience=timeout,
    )
    shown = [row.to_plain() for row in reached if not (exclude_errors and row.error)]
    show_list(shown, output, name="resource_ids", stacked=True)
    if reached and all(row.error for row in reached):
        raise AccessError(
            "no service connector reaches anything",
            hint=f"podium service-connector verify {reached[0].connector}",
        )


@app.command(cls=Command)
def login(
    name: Name, resource_type: ResourceType = None, resource_id: ResourceId = None, output: Output = "table"
) -> None:
    """Log docker, kubectl or aws on this machine in, as in: podium service-connector login hub

    The credentials are the connector's.
    """
    from ...core.connectors.building import login
    from ...core.store.config_store import ConfigStore

    check_output(output)
    store = ConfigStore()
    show_one({"name": name, "configured": login(store.connectors.get(name), store, resource_type, resource_id)}, output)


def _fields(record: ConnectorRecord) -> dict[str, JSON]:
    from ...core.expiry import expires_in

    return {
        "type": record.type,
        "auth_method": record.auth_method,
        "resource_type": record.resource_type,
        "resource_id": record.resource_id,
        "expires_at": record.expires_at,
        "expires_in": expires_in(record.expires_at) if record.expires_at else None,
        "labels": dict(record.labels),
    }
