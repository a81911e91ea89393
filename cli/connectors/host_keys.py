"""SSH hosts whose keys nobody has vouched for: the user does so, once, and the connector pins them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ...core.errors import AccessError
from ..prompts import confirm, is_interactive

if TYPE_CHECKING:
    from ...core.store.records import ConnectorRecord

Accept = Annotated[
    bool,
    typer.Option(
        "--accept-new-host-keys",
        envvar="PODIUM_ACCEPT_NEW_HOST_KEYS",
        help="Pin the keys of SSH hosts that are not known yet, without asking.",
    ),
]
_T = TypeVar("_T")


def vouched(record: ConnectorRecord, attempt: Callable[[ConnectorRecord], _T], *, accept: bool) -> _T:
    """Return what comes of an attempt with a record; with unknown host keys pinned, if the user says so.

    Raises what the attempt raises, also when nobody can be asked.
    """
    try:
        return attempt(record)
    except AccessError as error:
        from ...core.ssh.errors import unknown_host_keys
        from ...core.ssh.pinning import with_pins

        unknown = unknown_host_keys(error)
        if not unknown:
            raise
        if not (accept or is_interactive()):
            error.hint = f"{error.hint}; --accept-new-host-keys pins it without a question"
            raise
        for key in unknown:
            typer.echo(f"host {key.host} shows {key.line.split()[1]} {key.fingerprint}", err=True)
        confirm("are these the right keys?", yes=accept)
    return attempt(with_pins(record, unknown))
