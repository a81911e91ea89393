"""The command line: builds the commands asked for, and is the one place where errors become text and exit codes."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.main import get_command

from .. import __version__
from ..core.errors import PodiumError, UsageError
from .absent import ABSENT
from .app import Group
from .faults import report_bug, report_fault, report_usage

# The module of each word that may follow `podium`, in the order of the help.
COMMANDS = {
    "run": "run",
    "runs": "runs",
    "pipeline": "pipeline",
    "artifact": "artifact",
    "image": "image",
    "init": "setup",
    "status": "setup",
    "version": "setup",
    "stack": "stack",
    "apply": "apply",
    "orchestrator": "orchestrator",
    "artifact-store": "artifact_store",
    "container-registry": "container_registry",
    "image-builder": "image_builder",
    "service-connector": "service_connector",
    "secret": "secret",
    "flavor": "flavor",
    "integration": "integration",
    "config": "config",
    "doctor": "doctor",
    "completion": "completion",
}
EXIT_CODES = """\b
Exit codes:
  0  done               4  no access
  1  failed             5  conflict, or in use
  2  wrong usage        6  missing extra or tool
  3  not found          8  still running         130  interrupted"""


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name outside the terminal's character set is no error
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _run(_with_debug_first(args))
    except PodiumError as error:
        return report_fault(error)
    except typer.TyperException as error:
        return report_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush fails as well
        return 0
    except Exception as error:  # noqa: BLE001 - whatever is left is a bug, and the user gets no traceback
        return report_bug(error)


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


def _run(args: Sequence[str]) -> int:
    word = next((arg for arg in args if not arg.startswith("-")), "")
    if word in ABSENT:
        raise UsageError(f"podium has no {ABSENT[word]}")
    command = get_command(build([word] if word in COMMANDS else COMMANDS))
    if not gc.isenabled():  # in a process of its own, see `__main__`
        gc.freeze()  # what is imported by now stays, and no collection need look at it, not even the last one
        gc.enable()
    try:
        with command.make_context("podium", list(args)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as done:
        return done.exit_code
    return 0


def _with_debug_first(args: Sequence[str]) -> list[str]:
    """Let `--debug` stand anywhere before `--`, behind which all is the user's."""
    end = args.index("--") if "--" in args else len(args)
    own = [arg for arg in args[:end] if arg != "--debug"]
    return ["--debug"] * (len(own) < end) + own + list(args[end:])


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
