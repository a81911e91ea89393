"""The least that a Typer application with `stack list` can be."""

from typing import Annotated

import typer

app = typer.Typer()
stack = typer.Typer()
app.add_typer(stack, name="stack")


@stack.command("list")
def list_stacks(output: Annotated[str, typer.Option()] = "table") -> None:
    print(output)


if __name__ == "__main__":
    app()
