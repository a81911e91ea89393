"""The verbs that take the fields of an auth method: register and update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..app import noun
from ..field_command import FieldCommand
from ..options import FromEnv, Labels, NoVerify, Output
from ..output import check_output, show_list
from .host_keys import Accept, vouched
from .options import AuthMethod, Description, ExpirationSeconds, ExpiresAt, Name, ResourceId, ResourceType

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

    from ...core.connectors.registration import Outcome

app = noun(None, "")


class _RegisterCommand(FieldCommand):
    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Add the fields of each auth method of the type that is given beside --help."""
        super().format_options(ctx, formatter)
        if ctx.params.get("connector_type"):
            from ...core.connectors.types import load_type
            from ..field_table import write_fields
            from .fields import with_same_fields

            for names, model in with_same_fields(load_type(ctx.params["connector_type"]).auth_methods):
                write_fields(formatter, f"Fields of {names}", model)


@app.command(cls=_RegisterCommand)
def register(
    ctx: typer.Context,
    name: Name,
    connector_type: Annotated[
        str,
        typer.Option(
            "--type", "-t", metavar="TYPE", help="Type, as aws; with --help, shows its fields.", is_eager=True
        ),
    ],
    *,
    auth_method: AuthMethod = None,
    resource_type: ResourceType = None,
    resource_id: ResourceId = None,
    auto_configure: Annotated[
        bool, typer.Option("--auto-configure", help="Take the credentials that this machine has.")
    ] = False,
    no_verify: NoVerify = False,
    accept_new_host_keys: Accept = False,
    label: Labels = None,
    expires_at: ExpiresAt = None,
    expiration_seconds: ExpirationSeconds = None,
    description: Description = "",
    from_env: FromEnv = None,
    replace: Annotated[bool, typer.Option("--update", help="Replace another one of that name.")] = False,
    output: Output = "table",
) -> None:
    """Register a service connector, as in: podium service-connector register hub -t docker --username=me --password=-

    It is stored if it reaches its service, and what it reaches is printed. The fields of its auth method are options,
    too: --field=value or --field value, with JSON or commas for lists, @file, - for stdin and {{secret.key}}.
    --config.field is a field that has the name of an option below.
    """
    from ...core.connectors.registration import detect, register
    from ...core.connectors.types import fitting_method, load_type, method_of
    from ...core.ssh.pinning import with_stored_pins
    from ...core.store.config_store import ConfigStore
    from ...core.store.records import ConnectorRecord
    from ..fields import read_fields, read_labels
    from .fields import given_names

    check_output(output)
    kind = load_type(connector_type)
    found = detect(kind, auth_method) if auto_configure else None
    if found:
        auth_method = found.auth_method
        expires_at = expires_at or found.expires_at
        typer.echo(f"found {found.auth_method} credentials: {found.source}", err=True)
    method = (
        method_of(kind, auth_method) if auth_method else fitting_method(kind, given_names(ctx.args, from_env or ()))
    )
    fields = read_fields(ctx.args, method.config_class, from_env or ())
    record = ConnectorRecord(
        name=name,
        type=kind.type,
        auth_method=method.name,
        config={**(found.config if found else {}), **fields},
        resource_type=resource_type,
        resource_id=resource_id,
        expires_at=expires_at,
        expiration_seconds=expiration_seconds,
        description=description or "",
        labels=read_labels(label or []),
    )
    store = ConfigStore()
    outcome = vouched(
        with_stored_pins(record, store),
        lambda record: register(record, store, update=replace, verify=not no_verify),
        accept=accept_new_host_keys,
    )
    _show(name, outcome, output)


@app.command(cls=FieldCommand)
def update(
    ctx: typer.Context,
    name: Name,
    *,
    auth_method: AuthMethod = None,
    resource_type: ResourceType = None,
    resource_id: ResourceId = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove", metavar="FIELD", help="Take away what is optional: a field, expires_at.  [repeatable]"
        ),
    ] = None,
    no_verify: NoVerify = False,
    accept_new_host_keys: Accept = False,
    label: Labels = None,
    expires_at: ExpiresAt = None,
    expiration_seconds: ExpirationSeconds = None,
    description: Description = None,
    from_env: FromEnv = None,
    output: Output = "table",
) -> None:
    """Change a service connector, as in: podium service-connector update hub --password=@file

    The rest stays as it is. It is stored if it reaches its service, and what it reaches is printed. The fields are
    given as to register; `podium service-connector describe-type` shows them.
    """
    from ...core.connectors.changes import revised
    from ...core.connectors.registration import update
    from ...core.connectors.types import load_type, method_of
    from ...core.store.config_store import ConfigStore
    from ..fields import read_fields, read_labels

    check_output(output)
    store = ConfigStore()
    old = store.connectors.get(name)
    method = method_of(load_type(old.type), auth_method or old.auth_method)
    attributes = {
        "auth_method": auth_method,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "expires_at": expires_at,
        "expiration_seconds": expiration_seconds,
        "description": description,
        "labels": {**old.labels, **read_labels(label or [])},
    }
    new, dropped = revised(
        old,
        read_fields(ctx.args, method.config_class, from_env or ()),
        {name: value for name, value in attributes.items() if value is not None},
        [field.replace("-", "_") for field in remove or []],
    )
    outcome = vouched(new, lambda record: update(old, record, store, verify=not no_verify), accept=accept_new_host_keys)
    _show(name, outcome, output)
    if dropped:
        typer.echo(f"note: not kept, for it belonged to the old credentials: {', '.join(dropped)}", err=True)


def _show(name: str, outcome: Outcome, output: str) -> None:
    state = "unchanged:" if outcome.state == "unchanged" else outcome.state
    typer.echo(f"{state} service-connector {name!r}", err=True)
    show_list([row.to_plain() for row in outcome.reached], output, name="resource_ids", stacked=True)
