"""Every command of the command line, a home with one of everything in it, and words to call each command with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from typer.main import get_command

from podium.cli.build import build
from podium.cli.completion.words import complete
from podium.cli.main import COMMANDS

if TYPE_CHECKING:
    from typer._click import Command

FLOW = """
from typing import Annotated
from podium import pipeline, step
from podium.core.contracts.orchestrator import Capabilities, Orchestrator
from podium.core.contracts.schedules import Firing, PlatformSchedules, ScheduleState, SchedulingOrchestrator

class Mine(Orchestrator):
    '''Runs steps nowhere.'''

    flavor = "mine"
    capabilities = Capabilities(granularity="step")

class Clock(SchedulingOrchestrator):
    '''Has one schedule, whatever it is asked to do.'''

    flavor = "clock"
    capabilities = Capabilities(granularity="graph", schedules=True)

    def schedules(self):
        run = "01890a5d-ac96-774b-bcce-b302099a8057"
        turns = Firing(1.8e9, run), Firing(1.79e9, reason="skipped: the last run went on")
        nightly = ScheduleState(
            id="01890a5d-0000-774b-bcce-b302099a8057",
            name="nightly",
            handle="ssh://me@host:22/home/me/podium-runs/schedules/01890a5d-0000-774b-bcce-b302099a8057",
            cron="30 3 * * mon-fri",
            zone="Europe/Berlin",
            paused=False,
            next=1.81e9,
            firings=turns,
        )
        return PlatformSchedules([nightly])

    def _agree(self, *_, **__):
        pass

    render = place = submit = status = output = cancel = _agree
    refuse_schedule = render_schedule = place_schedule = schedule = pause = reschedule = unschedule = _agree

@step
def load() -> Annotated[int, "rows"]:
    print("loading")
    return 3

@step
def fail() -> None:
    raise ValueError("bad")

@pipeline
def loading():
    load()

@pipeline
def failing():
    fail()

if __name__ == "__main__":
    loading()
"""
SETUP = """
orchestrator register fast --flavor local --max_parallel_steps=2 --label team=ml
orchestrator flavor register loading.Mine
orchestrator flavor register loading.Clock
orchestrator register timer --flavor clock
artifact-store register data --flavor local --path=data
container-registry register hub --flavor default --uri=127.0.0.1:9
image-builder register builder --flavor local
service-connector register login --type docker --registry {registry} --username alice --password=right-4711 --no-verify
container-registry connect hub --connector login --no-verify
secret create keys --token=abc
stack register dev -o fast -a data -c hub -i builder --force
orchestrator register boxes --flavor local_docker
stack register boxed -o boxes -a data
stack register timed -o timer -a data
run loading.py:failing --name failed --in-process --quiet
run loading.py:loading --name completed --in-process --quiet
"""
PROGRAM = """
import json, sys
from podium.cli.main import run
print(json.dumps([run(line.split()) for line in sys.argv[1].strip().splitlines()]))
"""
HIDDEN = ("pipeline runs",)
WORDS = {  # where the names that completion offers are not what it takes
    "run": "loading.py:loading --in-process",
    "runs resume": "completed",
    "doctor": "",  # and what it does with a stack is `stack check`
    "init": ".",
    "image prune": "--dry-run",
    "pipeline build": "loading.py:loading --stack boxed --dry-run",
    "pipeline schedule list": "--stack timed",
    "pipeline schedule describe": "night --stack timed",
    "pipeline schedule pause": "nightly --stack timed",
    "pipeline schedule resume": "nightly --stack timed",
    "pipeline schedule update": "nightly --stack timed --cron @daily",
    "pipeline schedule delete": "nightly --stack timed --yes",
    "integration install": "nope",  # no test may change what is installed here
    "integration upgrade": "nope",
    "service-connector register": "new --type docker --registry 127.0.0.1:9 --username me --password=pw --no-verify",
    "apply": "--file stack.yaml",
    "artifact describe": "rows",
    "orchestrator flavor register": "loading.Mine",
    "secret create": "new --token=abc",
    "secret get": "keys",
    "secret update": "keys --token=def",
    "secret rename": "keys new",
    "secret delete": "keys",
}


def commands() -> dict[str, "Command"]:
    """Return each command by its words, those of hidden nouns left out."""

    def leaves(command: "Command", path: tuple[str, ...]) -> Iterator[tuple[str, "Command"]]:
        for name, below in getattr(command, "commands", {}).items():
            yield from leaves(below, (*path, name))
        if not hasattr(command, "commands"):
            yield " ".join(path), command

    found = dict(leaves(get_command(build(COMMANDS)), ()))
    return {words: command for words, command in found.items() if not words.startswith(HIDDEN)}


def call(words: str, command: "Command") -> list[str]:
    """Return a command line: names that completion offers, the registered ones before the built-in, or `new`."""
    line = words.split()
    if words in WORDS:
        return [*line, *WORDS[words].split()]
    for param in command.params:
        if param.param_type_name == "argument":
            line.append(_candidate(line))
        elif param.required:
            line += [param.opts[0], _candidate([*line, param.opts[0]])]
    return line


def _candidate(line: list[str]) -> str:
    offered = [name for name in complete([*line, ""]) if name != "default"]
    return offered[0] if offered else "new"


def make_home(folder: Path, *, registry: str = "127.0.0.1:9") -> dict[str, str]:
    """Register one of everything in a folder, and run two pipelines; return the environment that finds it all.

    At `registry` nothing has to listen; no engine or cluster of this machine is found.
    """
    (folder / "loading.py").write_text(FLOW)
    variables = {
        "PODIUM_HOME": str(folder / "home"),
        "PODIUM_SECRETS_BACKEND": "file",
        "PODIUM_SECRETS_PASSPHRASE": "a passphrase",
        "DOCKER_HOST": "tcp://127.0.0.1:9",
        "DOCKER_CONFIG": str(folder / "docker"),
        "KUBECONFIG": str(folder / "kubeconfig"),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, SETUP.format(registry=registry)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    codes = json.loads(done.stdout.splitlines()[-1])
    assert codes == [0] * (len(codes) - 2) + [1, 0], done.stderr
    return variables
