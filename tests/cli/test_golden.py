"""The tables that people see on a terminal of 80 columns, kept in `golden/`.

After a change that is meant: GOLDEN=write python -m pytest tests/cli/test_golden.py, and look at the diff.
"""

import os
import re
from pathlib import Path

import pytest
from every_command import make_home
from on_terminal import on_a_terminal

GOLDEN = Path(__file__).parent / "golden"
LINES = (
    "artifact list",
    "flavor list",
    "orchestrator list",
    "orchestrator describe fast",
    "orchestrator flavor describe local",
    "pipeline list",
    "pipeline schedule describe nightly --stack timed",
    "pipeline schedule list --stack timed",
    "runs list",
    "secret get keys",
    "secret list",
    "service-connector describe login",
    "service-connector describe-type docker",
    "service-connector list",
    "service-connector list-types",
    "stack check dev",
    "stack describe dev",
    "stack list",
)
VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]*|\d{4}-\d\d-\d\dT[\d:.+]*")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    return folder, make_home(folder)


@pytest.fixture
def terminal(made, monkeypatch):
    """Return what a command shows on a terminal, ids and times zeroed, as lines."""
    folder, variables = made
    monkeypatch.chdir(folder)
    for name, value in {**variables, "COLUMNS": "80", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)

    def show(line):
        _, shown = on_a_terminal(line.split())
        shown = shown.replace("\r\n", "\n").replace(str(folder), "FOLDER")
        return VARIABLE.sub(lambda found: re.sub("[0-9a-f]", "0", found[0]), shown)

    return show


@pytest.mark.parametrize("line", LINES)
def test_the_table_is_as_kept_and_fits_80_columns(terminal, line):
    shown = terminal(line)
    path = GOLDEN / f"{line.replace(' ', '-')}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(shown)
    assert shown == path.read_text()
    assert "describe" in line or max(map(len, shown.splitlines())) <= 80


def test_every_kept_table_is_of_a_command_here():
    assert {path.stem for path in GOLDEN.iterdir()} == {line.replace(" ", "-") for line in LINES}
