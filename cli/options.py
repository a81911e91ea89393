"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Output = Annotated[
    str, typer.Option("--output", metavar="table|json|yaml|names", help="How to print the result.", show_default=True)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Labels = Annotated[list[str] | None, typer.Option("--label", "-l", metavar="KEY=VALUE", help="Label.  [repeatable]")]
FromEnv = Annotated[
    list[str] | None,
    typer.Option(
        "--from-env",
        metavar="[FIELD=]NAME",
        help="Take a field from an environment variable; its name in lower case is the field's.  [repeatable]",
    ),
]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not try what the connector reaches.")]
