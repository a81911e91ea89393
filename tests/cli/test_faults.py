import os
import subprocess
import sys

import pytest
import typer

from podium.cli import main
from podium.cli.app import Command, noun
from podium.core import errors

CODES = {
    errors.PodiumError("x"): 1,
    errors.UsageError("x"): 2,
    errors.NotFoundError("x"): 3,
    errors.AccessError("x"): 4,
    errors.ConflictError("x"): 5,
    errors.MissingToolError("x"): 6,
    errors.RunNotFinished("x"): 8,
    errors.RunCancelled("x"): 130,
    KeyboardInterrupt(): 130,
    typer.Exit(7): 7,
    PermissionError(13, "Permission denied", "/x"): 4,
    FileNotFoundError(2, "No such file or directory", "/x"): 1,
    ZeroDivisionError("a bug"): 1,
}


@pytest.fixture
def failing(monkeypatch):
    """Add a command `podium fail` that raises what it is told to."""

    def add(error):
        app = noun(None, "")

        @app.command(cls=Command)
        def fail():
            marker = "marker-secret"
            raise error from (ValueError() if marker == "" else None)

        @app.command(cls=Command)
        def other(): ...

        module = type(sys)("podium.cli.commands.failing")
        module.app = app
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(main.COMMANDS, "fail", "failing")

    return add


@pytest.mark.parametrize(("error", "code"), CODES.items(), ids=lambda value: type(value).__name__)
def test_each_error_has_its_exit_code(podium, failing, error, code):
    failing(error)
    result = podium("fail")
    assert (result.code, result.out) == (code, "")
    assert "Traceback" not in result.err


def test_an_error_is_three_lines(podium, failing):
    failing(errors.NotFoundError("what happened", where="the place", hint="the next command"))
    assert podium("fail").err == "error: what happened\n  at the place\nhint: the next command\n"


def test_debug_shows_the_traceback_too(podium, failing, monkeypatch):
    failing(errors.PodiumError("what happened"))
    monkeypatch.setenv("PODIUM_DEBUG", "1")
    assert "Traceback" in podium("fail").err
    monkeypatch.setenv("PODIUM_DEBUG", "")
    assert "Traceback" in podium("--debug fail").err


def test_a_bug_leaves_its_traceback_in_a_private_file_without_local_values(podium, failing, home):
    failing(ZeroDivisionError("a bug"))
    result = podium("fail")
    log = home / "logs/last-crash.log"
    assert f"  at {log}\n" in result.err
    assert "ZeroDivisionError: a bug" in log.read_text(encoding="utf-8")
    assert "marker-secret'" not in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_bug_is_shown_where_no_file_can_be_written(podium, failing, home):
    home.write_text("a file stands where the folder should be", encoding="utf-8")
    failing(ZeroDivisionError("a bug"))
    assert "ZeroDivisionError: a bug" in podium("fail").err


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("stak list", ["error: No such command 'stak'", "  at podium", "hint: did you mean 'stack', 'status'?"]),
        ("stack lst", ["error: No such command 'lst'", "  at podium stack", "hint: did you mean 'list', 'set'?"]),
        (
            "stack list --ouput json",
            ["error: No such option: --ouput", "  at podium stack list", "hint: did you mean '--output'?"],
        ),
        ("stack set", ["error: Missing argument 'NAME'", "  at podium stack set", "hint: podium stack set --help"]),
        (
            "stack list --output",
            [
                "error: Option '--output' requires an argument",
                "  at podium",
                "hint: podium --help",
            ],
        ),
    ],
)
def test_wrong_usage_has_the_same_shape(podium, line, lines):
    result = podium(line)
    assert (result.code, result.out, result.err.splitlines()) == (2, "", lines)


def test_a_noun_alone_shows_its_help(podium):
    result = podium("stack")
    assert (result.code, result.err) == (0, "")
    assert result.out == podium("stack --help").out


@pytest.mark.parametrize("args", [["stack", "list"], ["flavor", "list", "--output", "json"]])
def test_a_closed_pipe_is_no_fault(args):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as closed:
        command = [sys.executable, "-m", "podium", *args]
        result = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("args", [["orchestrator", "delete", "x"], ["orchestrator", "register", "x", "-f", "local"]])
def test_a_closed_stdin_never_hangs(process, args):
    if args[1] == "delete":
        process("orchestrator", "register", "x", "-f", "local")
    result = process(*args, timeout=10)
    assert result.returncode == (2 if args[1] == "delete" else 0)


def test_names_outside_the_terminals_characters_are_printed_escaped(process):
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert process("orchestrator", "register", "x", "-f", "local", "-l", "team=größe", env=env).returncode == 0
    result = process("orchestrator", "list", env=env)
    assert (result.returncode, "team=gr\\xf6\\xdfe" in result.stdout) == (0, True)
