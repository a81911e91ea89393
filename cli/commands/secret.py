"""`podium secret`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import UsageError
from ..app import Command, noun
from ..field_command import FieldCommand
from ..options import Output, Yes
from ..output import check_output, show_list, show_one

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("secret", "Keep secrets, to refer to as {{name.key}}.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret.")]
Values = Annotated[
    str | None,
    typer.Option("--values", "-v", metavar="TEXT", help="JSON or YAML that maps keys to texts, @file, or - for stdin."),
]
Interactive = Annotated[bool, typer.Option("--interactive", "-i", help="Ask for the values, and do not show them.")]
FromEnv = Annotated[
    list[str] | None,
    typer.Option(
        "--from-env",
        metavar="[KEY=]NAME",
        help="Take a value from an environment variable; its name in lower case is the key.  [repeatable]",
    ),
]
_VALUES = (
    "Values are options, too: --key=@file, --key=- for stdin, and --key=value, which other users of this machine and "
    "the shell's history get to see. --config.key is a key that has the name of an option below."
)


@app.command(
    cls=FieldCommand, help=f"Keep a secret, as in: podium secret create aws --key_id=- --key=@key.txt\n\n{_VALUES}"
)
def create(
    ctx: typer.Context,
    name: Name,
    *,
    values: Values = None,
    from_env: FromEnv = None,
    interactive: Interactive = False,
    private: Annotated[
        bool, typer.Option("--private", "-p", help="As every secret here is: yours alone.", show_default=False)
    ] = True,
) -> None:
    from ...core.secrets.changes import create
    from ...core.store.config_store import ConfigStore
    from ..secret_values import ask_values, read_values

    del private
    given = read_values(ctx.args, from_env or (), values)
    if interactive:
        given |= ask_values(())
    if not given:
        raise UsageError(
            f"secret {name!r} has no values", hint=f"podium secret create {name} --interactive, or --key=@file"
        )
    changed = create(name, given, ConfigStore())
    typer.echo(f"{'created' if changed else 'unchanged:'} secret {name!r}", err=True)


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List secrets with their keys, and where they are kept, as in: podium secret list --output names

    Values are not shown.
    """
    from ...core.secrets.vault import open_vault

    check_output(output)
    vault = open_vault()
    rows: list[dict[str, JSON]] = [
        {"name": name, "keys": [*(vault.read(name) or {})], "backend": vault.name} for name in vault.names()
    ]
    show_list(rows, output)


@app.command(cls=Command)
def get(
    name: Name,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the values themselves, on stdout.")] = False,
    output: Output = "table",
) -> None:
    """Show a secret and what refers to it, as in: podium secret get aws --reveal"""
    from ...core.secrets.changes import users
    from ...core.secrets.secret import MASK
    from ...core.secrets.vault import read
    from ...core.store.config_store import ConfigStore

    check_output(output)
    values = read(name)
    show_one(
        {
            "name": name,
            "values": {key: value if reveal else MASK for key, value in values.items()},
            "used_by": [f"{user.noun} {user.name}" for user in users(name, ConfigStore())],
        },
        output,
    )


@app.command(
    cls=FieldCommand,
    help=f"Change the values of a secret, as in: podium secret update aws --key=@key.txt\n\n{_VALUES}",
)
def update(
    ctx: typer.Context,
    name: Name,
    *,
    values: Values = None,
    from_env: FromEnv = None,
    interactive: Interactive = False,
    remove: Annotated[
        list[str] | None, typer.Option("--remove-keys", "-r", metavar="KEY", help="Remove a key.  [repeatable]")
    ] = None,
) -> None:
    from ...core.secrets.changes import update
    from ...core.secrets.vault import read
    from ...core.store.config_store import ConfigStore
    from ..secret_values import ask_values, read_values

    given = read_values(ctx.args, from_env or (), values)
    if interactive:
        given |= ask_values([key for key in read(name) if key not in {*given, *(remove or ())}])
    if not (given or remove):
        raise UsageError("nothing to change", hint=f"podium secret update {name} --key=@file")
    changed = update(name, given, remove or (), ConfigStore())
    typer.echo(f"{'updated' if changed else 'unchanged:'} secret {name!r}", err=True)


@app.command(cls=Command)
def rename(
    name: Annotated[str, typer.Argument(metavar="OLD", help="Its name.")],
    new: Annotated[str, typer.Argument(metavar="[NEW]", help="Its new name.")] = "",
    new_name: Annotated[str, typer.Option("--name", "-n", metavar="NEW", help="Its new name.")] = "",
) -> None:
    """Give a secret another name, as in: podium secret rename aws cloud

    Components and connectors that refer to it go on doing so.
    """
    from ...core.secrets.changes import rename
    from ...core.store.config_store import ConfigStore

    if bool(new) == bool(new_name):
        raise UsageError("one new name is needed", hint=f"podium secret rename {name} NEW")
    rename(name, new or new_name, ConfigStore())
    typer.echo(f"renamed secret {name!r} to {new or new_name!r}", err=True)


@app.command(cls=Command)
def delete(name: Name, yes: Yes = False) -> None:
    """Delete a secret that no component and no connector refers to, as in: podium secret delete aws --yes"""
    from ...core.secrets.changes import check_unused, delete
    from ...core.store.config_store import ConfigStore
    from ..prompts import confirm

    store = ConfigStore()
    check_unused(name, store)
    confirm(f"delete secret {name!r}?", yes=yes)
    delete(name, store)
    typer.echo(f"deleted secret {name!r}", err=True)
