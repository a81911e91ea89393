"""A secret that came in by any way is in no file, output, log or traceback, and in no other process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.service_connector import found_in

MARKER = "m4rk/er s3cr+et?ü"
WATCH = '''
"""Writes down what each process of this interpreter starts, with arguments and environment."""
import os, sys

def watch(event, details):
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
        with open(os.environ["STARTED"], "a", encoding="utf-8", errors="surrogateescape") as file:
            print(event, details, file=file)

sys.addaudithook(watch)
'''
FLOW = """
import os
from podium import Client, pipeline, step

@step(secrets=["shared"], environment={"TOKEN": "{{shared.token}}"})
def told() -> bool:
    return Client().get_secret("shared").secret_values["token"] == os.environ["TOKEN"]

@step
def untold() -> list[str]:
    return [*os.environ, *os.environ.values()]

@step(secrets=["shared"])
def raising(told: bool) -> None:
    assert told
    raise ValueError("the token is " + Client().get_secret("shared").secret_values["token"])

@pipeline
def flow() -> None:
    raising(told())
    untold()
"""
URI = ["--flavor=default", "--uri=registry.example.com"]
REGISTRY = [*URI, "--username=ada"]
WAYS_IN = [
    ["container-registry register argument", *REGISTRY, f"--password={MARKER}"],
    ["container-registry register file", *REGISTRY, "--password=@given"],
    ["container-registry register stdin", *REGISTRY, "--password=-"],
    ["container-registry register variable", *REGISTRY, "--from-env", "password=GIVEN"],
    ["container-registry register update", *REGISTRY, "--password=other-4711"],
    ["container-registry update update", "--password=@given"],
    ["container-registry copy file copy"],
    ["container-registry rename copy copied"],
    ["container-registry register reference", *REGISTRY, "--password={{shared.token}}"],
    ["container-registry register plain", *URI, "--username={{shared.token}}", "--password={{shared.token}}"],
    ["service-connector register hub --type=docker --username=ada --no-verify --password=@given"],
    ["service-connector register spoke --type=docker --username=ada --no-verify", f"--password={MARKER}"],
    ["secret create file --token=@given"],
    ["secret create variable --from-env token=GIVEN"],
]
AFTERWARDS = [
    *(f"{noun} list --output={output}" for noun in ("container-registry", "secret") for output in ("table", "json")),
    "service-connector list --output=yaml",
    "container-registry describe argument --output=json",
    "container-registry describe plain",
    "service-connector describe hub",
    "secret get shared",
    "secret get file --output=yaml",
    "container-registry register file --flavor=default --uri=other.example.com --username=ada --password=another",
    "--debug container-registry register plain --flavor=default --uri=other.example.com",
    "stack register dev -o default -a default -c plain --set",
    "stack export dev",
    "stack check dev",
    "doctor",
    "config explain",
    "run flow.py --output=json",
    "--debug run flow.py --no-cache",
    "runs show",
    "runs logs",
]


class Machine:
    """A user's folder and home; every process that is started there is written down."""

    def __init__(self, folder):
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(WATCH)
        (self.work / "flow.py").write_text(FLOW)
        self.home = folder / "home"
        self.printed = b""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PODIUM_")}
        own = {"PODIUM_HOME": str(self.home), "PODIUM_SECRETS_BACKEND": "file", "HOME": str(folder / "user")}
        watched = {"PYTHONPATH": str(folder / "site"), "STARTED": str(folder / "started")}
        self.environment = {**kept, **own, **watched, "PODIUM_SECRETS_PASSPHRASE": "a passphrase of the tests"}

    def podium(self, *words, given=False):
        """Run a command, with the secret at hand where it is given; return its exit code."""
        environment = dict(self.environment)
        if given:
            (self.work / "given").write_text(MARKER)
            environment["GIVEN"] = MARKER
        done = subprocess.run(
            [sys.executable, "-m", "podium", *words],
            cwd=self.work,
            env=environment,
            input=(MARKER if given else "").encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        (self.work / "given").unlink(missing_ok=True)
        self.printed += done.stdout
        return done.returncode

    def leaks(self):
        """Return where the secret is found: in files by their path, else in what was printed."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = {str(path.relative_to(self.folder)): path.read_bytes() for path in files}
        asked_for = f"'TOKEN': {MARKER!r}".encode()  # the environment of the step's own process
        texts["started"] = texts.get("started", b"").replace(asked_for, b"")
        return [name for name, text in {**texts, "what was printed": self.printed}.items() if found_in(text, [MARKER])]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_it_is_nowhere(machine):
    assert machine.podium("secret", "create", "shared", "--token=@given", given=True) == 0
    for line, *words in WAYS_IN:
        assert machine.podium(*line.split(), *words, given=True) == 0, machine.printed.decode()
    for line in AFTERWARDS:
        machine.podium(*line.split())
    assert machine.leaks() == []


def test_the_watch_sees_what_processes_get(machine):
    (machine.work / "flow.py").write_text(FLOW.replace("raise ", "__import__('subprocess').run(['true', 'seen it']);"))
    machine.podium("secret", "create", "shared", "--token=@given", given=True)
    assert machine.podium("run", "flow.py") == 0, machine.printed.decode()
    assert "seen it" in (machine.folder / "started").read_text()


def test_steps_got_it_and_only_those_that_declared_it(machine):
    (machine.work / "flow.py").write_text(FLOW.replace("    raise ", "    return; "))
    machine.podium("secret", "create", "shared", "--token=@given", given=True)
    assert machine.podium("run", "flow.py", "--output=json") == 0, machine.printed.decode()
    outputs = {
        path.name: json.loads(path.read_bytes()) for path in Path(machine.home).rglob("artifacts/*.1.output.json")
    }
    assert outputs["told.1.output.json"] is True
    assert MARKER not in outputs["untold.1.output.json"]
