"""What `podium run` does with its options."""

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

FLOW = """
import os, subprocess, sys
from podium import ExternalArtifact, pipeline, step

print("imported by", os.path.basename(sys.argv[0]))

@step
def greet(name: str) -> str:
    print("hello", name)
    subprocess.run(["echo", "from a child"])
    return name

@step
def arguments(name: str, known: list) -> list:
    return [*sys.argv[1:], *known]

@step
def where() -> int:
    return os.getpid()

@pipeline
def flow(name: str = "world"):
    arguments(greet(name), ExternalArtifact(["x"]))
    where()

if __name__ == "__main__":
    print("calling")
    flow()
    print("called")
"""
WATCH = """
import os, sys
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.chmod"}
STARTS = {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system"}
seen = []
def note(event, args):
    if event in CHANGES | STARTS or event == "open" and args[2] & WRITING:
        seen.append((event, *args))
sys.addaudithook(note)
from podium.__main__ import main
code = main()
home = os.environ["PODIUM_HOME"]
print(code, [entry for entry in seen if entry[0] in STARTS or any(str(part).startswith(home) for part in entry)])
"""


@pytest.fixture
def flow(process):
    """Run the flow with some options."""
    Path("flow.py").write_text(FLOW)

    def run(*args, **options):
        return process("run", "flow.py", *args, **options)

    return run


def values(record, home):
    """Return the single outputs of a run by step."""
    records = {step["id"]: step["outputs"]["output"] for step in record["steps"]}
    return {step: json.loads((home / "artifacts" / found["key"]).read_bytes()) for step, found in records.items()}


def test_json_is_one_object_on_stdout_and_all_else_is_on_stderr(flow):
    result = flow("--output", "json")
    record = json.loads(result.stdout)
    assert result.returncode == 0
    assert (record["pipeline"], record["state"], record["submission"]) == ("flow", "completed", 1)
    assert {step["id"]: step["state"] for step in record["steps"]} == dict.fromkeys(
        ("greet", "where", "arguments"), "completed"
    )
    assert datetime.fromisoformat(record["created"]) <= datetime.fromisoformat(record["ended"])
    for said in ("calling\n", "called\n", "greet | hello world\n", "greet | from a child\n"):
        assert said in result.stderr


def test_in_process_json_is_as_pure(flow):
    result = flow("--output", "json", "--in-process")
    assert json.loads(result.stdout)["state"] == "completed"
    assert "hello world\n" in result.stderr


def test_a_failed_run_is_an_object_too(process):
    Path("flow.py").write_text(FLOW.replace("return name", "raise ValueError(name)", 1))
    result = process("run", "flow.py", "--output", "json")
    record = json.loads(result.stdout)
    assert (result.returncode, record["state"]) == (1, "failed")
    states = {step["id"]: (step["state"], step["error"] and step["error"]["message"]) for step in record["steps"]}
    assert states == {"greet": ("failed", "world"), "arguments": ("skipped", None), "where": ("completed", None)}


def test_without_a_run_there_is_no_object(flow):
    result = flow("--output", "json", "--param", "nmae=x")
    assert (result.returncode, result.stdout) == (2, "")


def test_plain_output_goes_to_stderr_without_control_characters(flow):
    result = flow("--no-cache")
    assert result.stdout == "imported by flow.py\ncalling\ncalled\n"
    assert result.stderr.startswith("podium: run flow-")
    greeting = [line for line in result.stderr.splitlines() if line.startswith(("greet", "podium: greet"))]
    assert greeting[:3] == ["podium: greet: running", "greet | hello world", "greet | from a child"]
    assert greeting[3].startswith("podium: greet: completed in ")
    assert not {"\x1b", "\r"} & set(result.stderr)


def test_quiet_leaves_the_summary(flow):
    first, *steps = flow("--quiet").stderr.splitlines()
    assert first.startswith("podium: run flow-")
    assert ": 3 completed" in first
    assert len(steps) == 1
    assert set(steps[0].replace(",", "").split()) == {"completed", "greet", "where", "arguments"}


def test_params_beat_the_call_and_arguments_reach_the_file_and_its_steps(flow, home):
    record = json.loads(flow("--param", "name=you", "--output", "json", "--", "--fast", "a b").stdout)
    found = values(record, home)
    assert (found["greet"], found["arguments"]) == ("you", ["--fast", "a b", "x"])


def test_the_run_is_named_with_its_date(flow):
    record = json.loads(flow("--name", "night {date}", "--output", "json").stdout)
    assert record["name"] == f"night {datetime.fromisoformat(record['created']).strftime('%Y_%m_%d')}"


def test_a_name_that_could_control_the_terminal_is_refused(flow):
    result = flow("--name", "red\x1b[31m")
    assert result.returncode == 2
    assert result.stderr.endswith(
        "error: 'red\\x1b[31m' cannot be the name of a run\nhint: use one line of printable text\n"
    )


def test_a_stack_is_chosen_by_option(flow, podium):
    podium("stack register other -o default -a default")
    assert json.loads(flow("--stack", "other", "--output", "json").stdout)["stack"] == "other"


@pytest.mark.parametrize(("variable", "option"), [("1", []), ("0", ["--in-process"])])
def test_in_process_steps_have_the_clients_process(home, variable, option):
    Path("flow.py").write_text(FLOW.replace('print("calling")', 'print("pid", os.getpid())'))
    command = [sys.executable, "-m", "podium", "run", "flow.py", "--output", "json", *option]
    environment = {"PODIUM_IN_PROCESS": variable, "PODIUM_HOME": str(home), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30, env=environment)
    pid = next(line.split()[1] for line in result.stderr.splitlines() if line.startswith("pid "))
    assert values(json.loads(result.stdout), home)["where"] == int(pid)


def test_debug_may_stand_anywhere_before_the_files_own_arguments(flow, home):
    assert "Traceback" in flow("--debug", "--param", "nmae=x").stderr
    record = json.loads(flow("--output", "json", "--", "--debug").stdout)
    assert values(record, home)["arguments"] == ["--debug", "x"]


def test_a_dry_run_prints_the_plan_and_ends_at_the_call(flow):
    flow("--quiet")
    Path("flow.py").write_text(FLOW.replace("return os.getpid()", "return 1"))
    result = flow("--dry-run")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "imported by flow.py",
        "calling",
        "pipeline flow: 3 steps on stack default (mode continue_on_failure)",
        "group 1, 2 side by side",
    ]
    assert lines[4].startswith("  greet: cached, from run ")
    assert lines[5:7] == ["  where: to run, 1 cpu", "group 2"]
    assert lines[7].startswith("  arguments: cached, from run ")
    assert lines[7].endswith(", 1 cpu, after greet")


def test_a_dry_run_in_json_is_one_object(flow):
    result = flow("--dry-run", "--output", "json")
    plan = json.loads(result.stdout)
    assert {key: plan[key] for key in ("pipeline", "stack", "execution_mode")} == {
        "pipeline": "flow",
        "stack": "default",
        "execution_mode": "continue_on_failure",
    }
    assert [(step["id"], step["group"], step["after"], step["cached_from"]) for step in plan["steps"]] == [
        ("greet", 1, [], None),
        ("arguments", 2, ["greet"], None),
        ("where", 1, [], None),
    ]


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "real"])
def test_only_a_dry_run_writes_nothing_and_starts_no_process(home, dry):
    Path("flow.py").write_text(FLOW)
    command = [sys.executable, "-B", "-c", WATCH, "run", "flow.py", *(["--dry-run"] if dry else [])]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert result.stdout.endswith("\n0 []\n") is dry
    assert home.exists() is not dry


def test_a_detached_run_goes_on_alone(process, podium):
    Path("flow.py").write_text(
        "import time\nfrom podium import RunNotFinished, pipeline, step\n"
        "@step\ndef count() -> int:\n    for number in range(3):\n        print(number, flush=True)\n"
        "        time.sleep(0.3)\n    return 3\n"
        "@pipeline\ndef counting():\n    count()\n"
        'if __name__ == "__main__":\n    run = counting()\n'
        "    try:\n        run.load()\n    except RunNotFinished:\n        print('not finished:', run.status)\n"
    )
    result = process("run", "flow.py", "--detach")
    assert result.returncode == 0, result.stderr
    assert result.stdout.removeprefix("not finished: ") in {"initializing\n", "running\n"}
    followed = process("runs", "logs", "-f")
    assert followed.stdout == "count | 0\ncount | 1\ncount | 2\n"
    shown = json.loads(podium("runs show --output json").out)
    assert (shown["state"], shown["steps"][0]["state"]) == ("completed", "completed")
    assert datetime.fromisoformat(shown["ended"]) <= datetime.now(timezone.utc)


def test_a_detached_run_is_cancelled_from_another_process(process, podium):
    Path("flow.py").write_text(
        "import time\nfrom podium import pipeline, step\n@step\ndef nap() -> None:\n    time.sleep(60)\n"
        "@pipeline\ndef napping():\n    nap()\n"
    )
    assert process("run", "flow.py", "--detach").returncode == 0
    assert podium("runs cancel").code == 0
    shown = json.loads(podium("runs show --output json").out)
    assert (shown["state"], shown["steps"][0]["state"]) == ("cancelled", "cancelled")
