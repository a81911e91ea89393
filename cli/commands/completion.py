"""`podium completion`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import Command, noun

app = noun(None, "")


@app.command(cls=Command)
def completion(
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish|powershell", help="Shell to complete commands in.")],
) -> None:
    """Print the completion script of a shell, as in: podium completion bash

    \b
    Where shells read it:
      eval "$(podium completion bash)"                  in ~/.bashrc
      eval "$(podium completion zsh)"                   in ~/.zshrc
      podium completion fish | source                   in config.fish
      podium completion powershell | Out-String | iex   in $PROFILE
    """
    from ...core.errors import UsageError
    from ...core.names import did_you_mean
    from ..completion.scripts import SCRIPTS

    if shell not in SCRIPTS:
        hint = did_you_mean(shell, SCRIPTS) or f"one of {', '.join(SCRIPTS)}"
        raise UsageError(f"there is no completion for {shell!r}", hint=hint)
    typer.echo(SCRIPTS[shell], nl=False)
