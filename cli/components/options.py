"""Arguments and options that several verbs of components share."""

from __future__ import annotations

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the component.")]
Connector = Annotated[
    str | None, typer.Option("--connector", "-c", metavar="NAME", help="Service connector with the credentials.")
]
ResourceId = Annotated[
    str | None,
    typer.Option("--resource-id", "-r", metavar="ID", help="Resource of the connector to use, when it has several."),
]
