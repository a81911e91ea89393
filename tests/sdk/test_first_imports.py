"""What a user's file imports first runs in this process and, by a fork, in the one that workers come from."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.workspace import PATIENCE, Workspace
from hypothesis import given
from hypothesis import strategies as st

from podium.core.sdk.first_imports import split

NOTING = "import os\nwith open({notes!r}, 'a') as file:\n    file.write(f'{{os.getpid()}}\\n')\n"
MEETING = """
import installed, pathlib, time

end = time.monotonic() + {patience}
while len(pathlib.Path({notes!r}).read_text().split()) < 2:
    assert time.monotonic() < end
    time.sleep(0.01)
"""
FLOW = """
{imports}
import os, subprocess, sys
from podium import pipeline, step

@step
def told() -> list[str]:
    return [sys.stdout.errors, subprocess.getoutput(f"ls -l /proc/{{os.getpid()}}/fd")]

@pipeline(enable_cache=False)
def flow():
    told()
"""


@pytest.fixture
def imported(workspace: Workspace):
    """Return a function that runs a file beginning with some imports; it returns who imported `installed`.

    `own` lies beside the file; `threaded` starts a thread, and `meeting` waits until two processes import it.
    """
    notes = workspace.folder / "notes"
    library = workspace.folder / "library"
    library.mkdir()
    workspace.environment["PYTHONPATH"] = str(library)
    (library / "installed.py").write_text(NOTING.format(notes=str(notes)))
    (library / "threaded.py").write_text(
        "import installed, threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    (library / "meeting.py").write_text(MEETING.format(notes=str(notes), patience=PATIENCE))

    def run(imports: str) -> list[str]:
        file = workspace.folder / "project" / "flow.py"
        file.parent.mkdir(exist_ok=True)
        (file.parent / "own.py").write_text("import installed\n")
        file.write_text(FLOW.format(imports=imports))
        workspace.run(file)
        return notes.read_text().split()

    return run


def test_an_installed_package_is_imported_once_for_all_processes(imported):
    assert len(imported('"""A docstring."""\nfrom __future__ import annotations\nimport installed')) == 1


@pytest.mark.parametrize("imports", ["NUMBER = 1\nimport installed", "import own", "import own, installed"])
def test_what_the_user_wrote_runs_in_each_process(imported, imports):
    assert len(set(imported(imports))) == 2


def test_where_nothing_is_forked_both_import_at_once(workspace: Workspace, imported):
    workspace.environment["PODIUM_SECRETS_BACKEND"] = "file"
    assert len(set(imported("import meeting"))) == 2


def test_nothing_is_forked_beside_a_thread(imported):
    assert len(set(imported("import threaded"))) == 3  # this process, the zygote, and a worker that it spawned


def test_steps_have_nothing_open_that_podium_was_started_with(workspace: Workspace, imported, client):
    imported("import installed")  # writes the file
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    process = workspace.start("run", "project/flow.py", pass_fds=(reading,))
    _, said = process.communicate()
    assert process.returncode == 0, said
    pipe = str(Path(f"/proc/self/fd/{reading}").readlink())
    _, opened = client().list_pipeline_runs()[0].steps["told"].output.load()
    assert pipe not in opened
    assert "socket" in opened  # the one that jobs come from
    os.close(reading)
    os.close(writing)


def test_steps_print_as_in_a_fresh_interpreter(workspace: Workspace, imported, client):
    imported("import installed")
    own = subprocess.check_output(
        [sys.executable, "-c", "import sys; print(sys.stdout.errors)"], env=workspace.environment, text=True
    ).strip()
    assert client().list_pipeline_runs()[0].steps["told"].output.load()[0] == own


PIECES = st.sampled_from(
    [
        "'a text'",
        "from __future__ import annotations",
        "import string",
        "import os.path as paths, json",
        "from string import digits, punctuation as marks",
        "from math import *",
        "number = 1",
        "def late(value: not_defined): return value",
        "name: str = 'x'",
        "if number: import random",
        "raise ValueError(number)",
    ]
)


@given(st.lists(PIECES, max_size=8))
def test_both_parts_do_what_the_whole_did(pieces):
    source = "\n".join(pieces)

    def outcome(*parts: ast.Module) -> object:
        names: dict[str, object] = {"__name__": "m"}
        try:
            for code in [compile(part, "m.py", "exec", dont_inherit=True) for part in parts]:
                exec(code, names)  # noqa: S102
        except (SyntaxError, NameError, ValueError) as error:
            return type(error), str(error)
        return {name: value for name, value in names.items() if name not in {"__builtins__", "late"}}

    tree = ast.parse(source)
    assert outcome(*split(tree, [])) == outcome(tree)
