"""The app of the commands that a command line may name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from .. import __version__
from .app import Group
from .main import COMMANDS

EXIT_CODES = """\b
Exit codes:
  0  done               4  no access
  1  failed             5  conflict, or in use
  2  wrong usage        6  missing extra or tool
  3  not found          8  still running         130  interrupted"""


def build(words: Iterable[str]) -> typer.Typer:
    """Return the app with the commands that some words name; building all of them takes longer than running one."""
    app = typer.Typer(
        name="podium",
        cls=Group,
        help="Run the same Python pipeline anywhere, with one command line and no server.",
        epilog=EXIT_CODES,
        rich_markup_mode=None,
        add_completion=False,
        callback=_options,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 80},
    )
    for module in dict.fromkeys(COMMANDS[word] for word in words):
        app.add_typer(import_module(f".commands.{module}", __package__).app)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"podium {__version__}")
        raise typer.Exit


def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (also: PODIUM_DEBUG=1).")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    if debug:
        os.environ["PODIUM_DEBUG"] = "1"
