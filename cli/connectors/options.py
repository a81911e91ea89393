"""Arguments and options that several verbs of service connectors share."""

from __future__ import annotations

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the service connector.")]
Found = Annotated[str, typer.Argument(metavar="NAME", help="Name of the service connector, or how it starts.")]
AuthMethod = Annotated[str | None, typer.Option("--auth-method", "-a", metavar="METHOD", help="How to authenticate.")]
ResourceType = Annotated[
    str | None, typer.Option("--resource-type", "-r", metavar="TYPE", help="One of the connector type's resources.")
]
ResourceId = Annotated[
    str | None,
    typer.Option("--resource-id", "-ri", metavar="ID", help="One resource of that type, as a bucket's name."),
]
ExpiresAt = Annotated[
    str | None,
    typer.Option("--expires-at", metavar="TIME", help="When the credentials end; ISO 8601, UTC unless it says a zone."),
]
ExpirationSeconds = Annotated[
    int | None,
    typer.Option("--expiration-seconds", metavar="N", help="How long the credentials that it mints for jobs live."),
]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What it is for.")]
