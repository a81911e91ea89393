"""The command line: finds who reads it, and is the one place where errors become text and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Sequence

from ..core.errors import PodiumError, UsageError
from ..core.garbage import collect_from_now_on
from ..core.streams import escape_what_cannot_be_shown
from .absent import ABSENT
from .faults import report_bug, report_fault, report_usage
from .run_line import read_run

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


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    escape_what_cannot_be_shown()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _run(_with_debug_first(args))
    except PodiumError as error:
        return report_fault(error)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush fails as well
        return 0
    except Exception as error:  # noqa: BLE001 - whatever is left is a bug, and the user gets no traceback
        return report_bug(error)


def _run(args: Sequence[str]) -> int:
    word = next((arg for arg in args if not arg.startswith("-")), "")
    if word in ABSENT:
        raise UsageError(f"podium has no {ABSENT[word]}")
    given = read_run(args)
    if given is None:
        return _through_typer(args, [word] if word in COMMANDS else COMMANDS)
    from .running import run_file

    run_file(**given)
    sys.stdout.flush()
    return 0


def _through_typer(args: Sequence[str], words: Iterable[str]) -> int:
    import typer
    from typer.main import get_command

    from .build import build

    try:
        command = get_command(build(words))
        collect_from_now_on()
        with command.make_context("podium", list(args)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as done:
        return done.exit_code
    except typer.TyperException as error:
        return report_usage(error)
    except typer.Abort:
        raise KeyboardInterrupt from None
    return 0


def _with_debug_first(args: Sequence[str]) -> list[str]:
    """Let `--debug` stand anywhere before `--`, behind which all is the user's."""
    end = args.index("--") if "--" in args else len(args)
    own = [arg for arg in args[:end] if arg != "--debug"]
    return ["--debug"] * (len(own) < end) + own + list(args[end:])
