"""Each fault that a user can make with `podium run` is told in a few lines, with an exit code and a way on."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STEPS = """\
from podium import pipeline, step
@step
def add(x: int, y: int = 1) -> int:
    return x + y
@pipeline
def adding(x: int = 1):
    add(x)
"""
GUARDED = f'{STEPS}if __name__ == "__main__":\n    adding()\n'


@pytest.fixture
def told(process):
    """Run `podium run` on a file of this content; return exit code and stderr, with nothing on stdout."""

    def run(content, *args, target="flow.py"):
        Path("flow.py").write_text(content)
        result = process("run", target, *args)
        assert result.stdout == ""
        return result.returncode, result.stderr

    return run


def test_a_missing_file(told):
    assert told(GUARDED, target="flwo.py") == (3, "error: there is no file flwo.py\nhint: did you mean 'flow.py'?\n")


def test_a_folder(told):
    assert told(GUARDED, target=".") == (
        2,
        "error: . is a folder\nhint: name the Python file in it that defines the pipeline\n",
    )


def test_a_file_that_is_not_python(told):
    code, err = told("x = 1\ndef broken(:\n")
    assert code == 2
    assert err == (
        "error: flow.py is not valid Python: invalid syntax\n  at flow.py:2\nhint: the line is: def broken(:\n"
    )


def test_a_file_that_raises(told):
    content = "import json\ndef read():\n    return json.loads('{')\nread()\n"
    code, err = told(content)
    assert code == 1
    what, where, hint = err.splitlines()
    assert what.startswith("error: flow.py raised JSONDecodeError: Expecting property name")
    assert where == "  at flow.py:3"
    assert hint == "hint: the whole traceback: podium run --debug flow.py"
    assert "in read" in told(content, "--debug")[1]


def test_a_file_that_exits_does_so(told):
    assert told("import sys; sys.exit(7)") == (7, "")


def test_a_pipeline_function_that_raises(told):
    content = "from podium import pipeline\n@pipeline\ndef dividing():\n    1 / 0\n"
    assert told(content) == (
        1,
        (
            "error: flow.py raised ZeroDivisionError: division by zero\n"
            "  at flow.py:4\n"
            "hint: the whole traceback: podium run --debug flow.py\n"
        ),
    )


def test_a_file_without_a_pipeline(told):
    assert told("x = 1\n") == (
        2,
        "error: flow.py has no pipeline\n  at flow.py\nhint: decorate a function with @pipeline\n",
    )


SEVERAL = f"{STEPS}@pipeline\ndef other():\n    add(5)\n"


def test_a_file_with_several_pipelines(told):
    assert told(SEVERAL) == (
        2,
        (
            "error: flow.py has 2 pipelines and calls none of them\n  at flow.py\n"
            "hint: name one: podium run flow.py:adding or podium run flow.py:other\n"
        ),
    )


def test_a_file_that_calls_several_pipelines(told):
    code, err = told(f"{SEVERAL}if __name__ == '__main__':\n    adding()\n    other()\n", "--in-process", "--no-cache")
    assert code == 2
    assert "error: the file calls a second pipeline, and the command's options are for one\n" in err
    assert "hint: name the pipeline to run: podium run FILE:PIPELINE\n" in err


def test_a_pipeline_that_the_file_does_not_have(told):
    message = "error: flow.py has no pipeline {!r}\n  at flow.py\nhint: {}\n"
    assert told(SEVERAL, target="flow.py:addign") == (3, message.format("addign", "did you mean 'adding'?"))
    assert told(SEVERAL, target="flow.py:nightly") == (3, message.format("nightly", "it has: adding, other"))


ANNOTATION = "hint: change the value, or the annotation at flow.py:5\n"


@pytest.mark.parametrize(
    ("content", "args", "where"),
    [
        (GUARDED.replace("adding()\n", "adding(x='many')\n"), [], "flow.py:9"),
        (GUARDED, ["--param", "x=many"], "--param"),
        (GUARDED, ["--config", "run.yaml"], "run.yaml"),
    ],
    ids=["call", "option", "file"],
)
def test_a_parameter_of_the_wrong_type(told, content, args, where):
    Path("run.yaml").write_text("parameters: {x: many}\n")
    assert told(content, *args) == (
        2,
        (
            "error: pipeline 'adding': 1 fault\n"
            f"- pipeline 'adding': argument 'x' is str 'many', not int\n  at {where}\n{ANNOTATION}"
        ),
    )


def test_an_unknown_parameter(told):
    assert told(GUARDED, "--param", "steps=1") == (
        2,
        (
            "error: pipeline 'adding': 1 fault\n"
            "- pipeline 'adding': there is no argument 'steps'\n  at --param\nhint: it has x\n"
        ),
    )


def test_a_parameter_without_a_value(told):
    assert told(GUARDED, "--param", "x") == (
        2,
        "error: 'x' is not a parameter\n  at --param\nhint: write it as --param epochs=3\n",
    )


def test_an_unknown_stack(told):
    assert told(GUARDED, "--stack", "nope") == (
        3,
        "error: there is no stack 'nope'\n  at chosen by --stack\nhint: podium stack list\n",
    )


@pytest.mark.parametrize(
    ("config", "code", "message"),
    [
        (None, 3, "error: there is no run configuration run.yaml\nhint: a run configuration is a YAML file\n"),
        ("a: [\n", 2, "error: the run configuration is not YAML: expected the node content"),
        (
            "stesp: {}\n",
            2,
            "error: run configuration run.yaml: 1 fault\n- run configuration: there is no option 'stesp'",
        ),
        ("steps: {ad: {}}\n", 2, "error: pipeline 'adding': 1 fault\n- pipeline 'adding' has no step 'ad'"),
    ],
    ids=["missing", "not YAML", "unknown option", "unknown step"],
)
def test_a_bad_run_configuration(told, config, code, message):
    if config is not None:
        Path("run.yaml").write_text(config)
    found, err = told(GUARDED, "--config", "run.yaml")
    assert found == code
    assert err.startswith(message)
    assert "Traceback" not in err


def test_a_missing_run_configuration_is_told_with_its_neighbour(told):
    Path("night.yaml").write_text("{}")
    assert told(GUARDED, "--config", "nigth.yaml")[1].endswith("hint: did you mean 'night.yaml'?\n")


def test_a_pipeline_called_without_the_guard(told, podium):
    code, err = told(f"{STEPS}adding()\n")
    assert code == 2
    assert err.endswith(
        "error: a worker cannot import the pipeline's file: UsageError: pipeline 'adding' is called while its file is "
        'imported to run a step\n  at flow.py:8\nhint: call it below `if __name__ == "__main__":`\n'
    )
    assert "Traceback" not in err
    shown = podium("runs show").out
    assert re.search(r"^state +failed$", shown, re.MULTILINE)
    assert re.search(r"^error +a worker cannot import", shown, re.MULTILINE)
    assert re.search(r"^add +skipped", shown, re.MULTILINE)


def test_options_that_exclude_each_other(told):
    assert told(GUARDED, "--detach", "--in-process")[0] == 2


FAILING = """\
from podium import pipeline, step
@step
def divide() -> float:
    return share(0)
def share(by):
    return 1 / by
@step
def more(x: float) -> float:
    return x
@pipeline
def dividing():
    more(divide())
if __name__ == "__main__":
    dividing()
"""


def lines_after(text, start):
    """Return the lines from the first that starts so, with the run's name and id taken out."""
    text = re.sub(r"dividing-[0-9_]+-[0-9_]+", "NAME", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text))
    lines = text.splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith(start)) :]


@pytest.mark.parametrize("command", [["-m", "podium", "run", "flow.py"], ["flow.py"]], ids=["podium run", "python"])
def test_a_failing_step_shows_the_users_own_traceback(command):
    Path("flow.py").write_text(FAILING)
    result = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, timeout=30)
    assert (result.returncode, result.stdout) == (1, "")
    summary = [line for line in lines_after(result.stderr, "step divide failed") if line.strip(" ~^")]
    assert summary == [
        "step divide failed: ZeroDivisionError: division by zero",
        "  Traceback (most recent call last):",
        f'    File "{Path.cwd()}/flow.py", line 4, in divide',
        "      return share(0)",
        f'    File "{Path.cwd()}/flow.py", line 6, in share',
        "      return 1 / by",
        "  ZeroDivisionError: division by zero",
        "the whole log: podium runs logs ID divide",
        "error: run NAME failed",
        "hint: mend it and go on: podium runs resume ID",
    ]
    assert "podium: more: skipped: step divide failed\n" in result.stderr
    assert "site-packages" not in result.stderr
    assert "/core/" not in result.stderr


def test_an_output_that_cannot_be_stored(told):
    code, err = told(
        "import threading\nfrom podium import pipeline, step\n@step\ndef lock():\n    return threading.Lock()\n"
        "@pipeline\ndef locking():\n    lock()\n"
    )
    assert code == 1
    assert "step lock failed: PodiumError: cannot save a value of type _thread:lock: cannot pickle" in err
    assert "hint: return data instead, or define a Materializer with types = (lock,)\n" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GUARDED.replace("adding()\n", "adding(x='many')\n"), 2),
        (GUARDED.replace("@step\n", "@step(enable_cahce=False)\n"), 2),
        (f"{STEPS}adding()\n", 2),
        (f"{STEPS}from podium import load_artifact\nload_artifact('nothing')\n", 3),
    ],
    ids=["call", "decorator", "no guard", "client"],
)
def test_under_plain_python_faults_are_text_and_exit_codes_too(content, code):
    Path("flow.py").write_text(content)
    command = [sys.executable, "flow.py"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == code
    assert re.search(r"^error: .*(\n.*)*\nhint: ", result.stderr, re.MULTILINE)
    assert "Traceback" not in result.stderr
    debugging = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=30, env={**os.environ, "PODIUM_DEBUG": "1"}
    )
    assert debugging.returncode == code
    assert "Traceback" in debugging.stderr


def test_an_excepthook_of_the_users_is_left_alone():
    Path("flow.py").write_text(
        "import sys\nsys.excepthook = lambda kind, error, trace: print('mine:', kind.__name__)\n"
        + GUARDED.replace("adding()\n", "adding(x='many')\n")
    )
    result = subprocess.run([sys.executable, "flow.py"], capture_output=True, text=True, check=False, timeout=30)
    assert (result.returncode, result.stdout, result.stderr) == (1, "mine: DefinitionError\n", "")


NAPPING = """\
import pathlib, time
from podium import pipeline, step
@step
def nap():
    pathlib.Path("napping").touch()
    time.sleep(60)
@pipeline
def napping():
    nap()
if __name__ == "__main__":
    napping()
"""


@pytest.mark.parametrize("command", [["-m", "podium", "run", "flow.py"], ["flow.py"]], ids=["podium run", "python"])
def test_ctrl_c_cancels_the_run(command, podium):
    Path("flow.py").write_text(NAPPING)
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not Path("napping").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert re.search(r"^error: run \S+ was cancelled\nhint: go on with it: podium runs resume ", err, re.MULTILINE)
    assert "Traceback" not in err
    assert re.search(r"^state +cancelled$", podium("runs show").out, re.MULTILINE)
