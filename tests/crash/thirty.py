"""A run of thirty short steps, fan-outs and chains, that is killed in the tests, and what it makes when it is not."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.workspace import Workspace, eventually

from podium import Client

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
STEPS = 30
SOURCE = """
@step(settings=LIGHT, retry=StepRetryConfig(max_retries={retries}))
def work(name: str, inputs: list[int]) -> int:
    note("begun", f"{{name}} {{os.getpid()}} {{os.getppid()}}")
    note(f"count {{name}}")
    time.sleep(0.004)
    return (sum(inputs) * 31 + len(name)) % 1_000_003

def named(name, *inputs):
    return work(name, list(inputs), id=name)

def fan(source, width, name):
    return named(f"{{name}}_join", *(named(f"{{name}}_{{number}}", source) for number in range(width)))

def chain(source, length, name):
    for number in range(length):
        source = named(f"{{name}}_{{number}}", source)
    return source

@pipeline
def flow():
    first = named("first", 1)
    one = chain(fan(first, 7, "a"), 5, "b")
    other = fan(chain(first, 4, "c"), 6, "d")
    named("last", fan(named("both", one, other), 2, "e"))
"""


def write(workspace: Workspace, *, retries: int = 0):
    """Write the pipeline into the workspace."""
    return workspace.write(SOURCE.format(retries=retries))


def until_begun(workspace: Workspace, number: int) -> list[str]:
    """Wait until so many attempts have begun; return the last one's step, process id and zygote's process id."""
    eventually(lambda: len(workspace.notes("begun")) >= number)
    return workspace.notes("begun")[-1].split()


def counts(workspace: Workspace) -> dict[str, int]:
    """Return how often each step's function was called, by the step's own file."""
    return {path.name[6:]: len(workspace.notes(path.name)) for path in workspace.folder.glob("count *")}


@contextmanager
def watched(client: Client) -> Iterator[None]:
    """Read every run over and over while the block runs; fail on whatever a reader should never see."""
    ended = threading.Event()
    faults: list[BaseException] = []

    def read() -> None:
        try:
            while not ended.is_set():
                for run in client.list_pipeline_runs():
                    _read(run)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
    if faults:
        raise faults[0]


def _read(run) -> None:
    assert run.status in {"initializing", "running", "completed", "failed", "lost"}
    for step in run.steps.values():
        if step.status == "completed":
            assert isinstance(step.output.load(), int)
