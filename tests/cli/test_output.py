import json
import os
import pty
import subprocess
import sys

import pytest
import yaml

READING = [
    "stack list",
    "stack describe",
    "stack get --output table",
    "orchestrator list",
    "orchestrator describe fast",
    "artifact-store list",
    "flavor list",
    "status",
    "version",
]


@pytest.fixture
def registered(podium):
    path = "/long" * 40
    podium(f"artifact-store register far -f local --label=path={path}")
    podium("orchestrator register fast -f local --max_parallel_steps=4")
    podium("stack register dev -o fast -a far --set")
    return path


@pytest.mark.parametrize("line", READING)
def test_json_and_yaml_hold_the_same_and_stderr_nothing(podium, registered, line):
    as_json, as_yaml = podium(f"{line} --output json"), podium(f"{line} --output yaml")
    assert json.loads(as_json.out) == yaml.safe_load(as_yaml.out)
    assert as_json.err == as_yaml.err == ""


@pytest.mark.parametrize("line", READING)
def test_piped_output_is_whole_and_has_no_escape(process, podium, registered, line):
    result = process(*line.split(), env={**os.environ, "COLUMNS": "40", "FORCE_COLOR": "1"})
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert "…" not in result.stdout


def test_a_long_value_is_never_cut_in_a_pipe(podium, registered):
    assert registered in podium("artifact-store list").out


def test_names_print_one_name_to_a_line(podium, registered):
    assert podium("stack list --output names").out == "default\ndev\n"


def test_an_unknown_format_is_suggested(podium):
    result = podium("stack list --output jsn")
    assert (result.code, result.out) == (2, "")
    assert "did you mean 'json'?" in result.err


def test_control_characters_of_a_stored_value_are_shown_as_text(podium):
    podium("orchestrator register x -f local --label", "a=\x1b[31mred\nblack")
    assert "a=\\x1b[31mred\\nblack" in podium("orchestrator list").out


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_table_fits_the_terminal(registered, columns):
    lines = terminal(["artifact-store", "list"], columns).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= int(columns)
    assert "…" in lines[2]


def terminal(args, columns, typed=""):
    """Run podium on a pseudo-terminal and return what it shows there."""
    outer, inner = pty.openpty()
    env = {**os.environ, "COLUMNS": columns, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "podium", *args]
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=env) as process:
        os.close(inner)
        os.write(outer, typed.encode())
        shown = b""
        while chunk := read(outer):
            shown += chunk
        process.wait(timeout=30)
    os.close(outer)
    return shown.decode()


def read(descriptor):
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other side is closed
        return b""


@pytest.mark.parametrize(("answer", "left"), [("y\n", []), ("n\n", ["orchestrators/fast.yaml"])])
def test_delete_asks_on_a_terminal(podium, files, answer, left):
    podium("orchestrator register fast -f local")
    assert "delete orchestrator 'fast'?" in terminal(["orchestrator", "delete", "fast"], "80", answer)
    assert files() == left


@pytest.mark.parametrize("variable", ["CI", "PODIUM_NO_INPUT"])
def test_delete_does_not_ask_where_the_environment_forbids_it(podium, monkeypatch, files, variable):
    podium("orchestrator register fast -f local")
    monkeypatch.setenv(variable, "1")
    assert "add --yes" in terminal(["orchestrator", "delete", "fast"], "80", "y\n")
    assert files() == ["orchestrators/fast.yaml"]
