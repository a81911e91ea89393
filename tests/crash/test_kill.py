import os
import random
import signal
import time

import pytest
from conformance.workspace import Workspace, eventually, is_alive, states, step_of
from crash.thirty import SCALE, STEPS, counts, until_begun, watched, write

INSTANTS = range(max(1, round(5 * SCALE)))
FEWER = range(max(1, round(1 * SCALE)))


def kill(*pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            assert not is_alive(pid)


def wait_random(workspace: Workspace, seed: object) -> list[str]:
    """Wait until a random number of steps has begun and a little longer; return what the last of them noted."""
    chance = random.Random(str(seed))
    begun = until_begun(workspace, chance.randint(1, STEPS - 1))
    time.sleep(chance.uniform(0, 0.008))
    return begun


class TestClient:
    @pytest.mark.parametrize("instant", INSTANTS)
    def test_what_was_finished_is_not_repeated(self, workspace: Workspace, client, undisturbed, instant):
        process = workspace.start("run", write(workspace))
        with watched(client()):
            wait_random(workspace, instant)
            process.kill()
            process.communicate()
            eventually(lambda: not workspace.processes(), 5)
            killed = workspace.show()
            before = counts(workspace)
            if killed["state"] == "lost":
                result = workspace.podium("runs", "resume")
                assert result.returncode == 0, result.stderr
        run = client().list_pipeline_runs()[0]
        assert run.load() == undisturbed
        after = counts(workspace)
        repeated = {step for step, count in after.items() if count > 1}
        running = {step for step in before if step_of(killed, step)["state"] == "lost"}
        assert repeated <= running
        assert set(after.values()) <= {1, 2}
        assert states(workspace.show()) == dict.fromkeys(undisturbed, "completed")

    @pytest.mark.parametrize("instant", FEWER)
    def test_killed_while_it_starts(self, workspace: Workspace, client, undisturbed, instant):
        process = workspace.start("run", write(workspace))
        time.sleep(random.Random(instant).uniform(0, 0.6))
        process.kill()
        process.communicate()
        eventually(lambda: not workspace.processes(), 5)
        runs = client().list_pipeline_runs()
        if runs and runs[0].status != "completed":
            assert runs[0].status == "lost"
            result = workspace.podium("runs", "resume")
            assert result.returncode == 0, result.stderr
        assert not runs or runs[0].load() == undisturbed

    def test_killed_again_while_it_resumes(self, workspace: Workspace, client, undisturbed):
        process = workspace.start("run", write(workspace))
        begun = 0
        for number in (5, 12, 20):
            until_begun(workspace, max(number, begun + 1))  # the resume, too, has begun a step: it is a submission
            process.kill()
            process.communicate()
            eventually(lambda: not workspace.processes(), 5)
            begun = len(workspace.notes("begun"))
            process = workspace.start("runs", "resume")
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert client().list_pipeline_runs()[0].load() == undisturbed
        assert sum(counts(workspace).values()) <= STEPS + 3 * 7
        assert workspace.show()["submission"] == 4


class TestWorker:
    @pytest.mark.parametrize("instant", FEWER)
    def test_its_step_is_tried_again(self, workspace: Workspace, client, undisturbed, instant):
        process = workspace.start("run", write(workspace, retries=3))
        with watched(client()):
            _, worker, _ = wait_random(workspace, instant)
            kill(int(worker))
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert client().list_pipeline_runs()[0].load() == undisturbed
        assert sum(counts(workspace).values()) <= STEPS + 1
        assert not workspace.processes()

    def test_without_retries_its_step_fails_alone_and_the_run_is_resumed(self, workspace: Workspace):
        file = workspace.write("""
@step(settings=LIGHT)
def first() -> int:
    note("first")
    return 1

@step(settings=LIGHT)
def victim(x: int) -> int:
    child = subprocess.Popen(["sleep", "600"], start_new_session=True).pid
    if note("victim", f"{os.getpid()} {child}") == 1:
        time.sleep(600)
    return x

@step(settings=LIGHT)
def last(x: int):
    note("last")

@step(settings=LIGHT)
def beside():
    note("beside")

@pipeline
def flow():
    last(victim(first()))
    beside()
""")
        process = workspace.start("run", file)
        worker, child = map(int, eventually(lambda: workspace.notes("victim"))[0].split())
        kill(worker)
        process.communicate(timeout=30)
        assert process.returncode == 1
        run = workspace.show()
        assert states(run) == {"first": "completed", "victim": "failed", "last": "skipped", "beside": "completed"}
        assert "killed by signal 9 (SIGKILL)" in step_of(run, "victim")["error"]["message"]
        assert not is_alive(child)
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert workspace.show()["state"] == "completed"
        assert [len(workspace.notes(name)) for name in ("first", "victim", "last", "beside")] == [1, 2, 1, 1]
        eventually(lambda: not workspace.processes(), 5)


class TestZygote:
    @pytest.mark.parametrize("instant", FEWER)
    def test_the_run_goes_on_with_another(self, workspace: Workspace, client, undisturbed, instant):
        process = workspace.start("run", write(workspace, retries=3))
        with watched(client()):
            _, _, zygote = wait_random(workspace, instant)
            kill(int(zygote))
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert client().list_pipeline_runs()[0].load() == undisturbed
        eventually(lambda: not workspace.processes(), 5)

    @pytest.mark.parametrize("instant", FEWER)
    def test_killed_with_its_client(self, workspace: Workspace, client, undisturbed, instant):
        process = workspace.start("run", write(workspace))
        _, _, zygote = wait_random(workspace, instant)
        kill(int(zygote), process.pid)
        process.communicate()
        eventually(lambda: not workspace.processes(), 5)
        if workspace.show()["state"] != "completed":
            result = workspace.podium("runs", "resume")
            assert result.returncode == 0, result.stderr
        assert client().list_pipeline_runs()[0].load() == undisturbed

    def test_killed_while_it_imports_the_file(self, workspace: Workspace):
        file = write(workspace)
        with file.open("a") as source:
            source.write("""
if __name__ != "__main__" and note("importing", os.getpid()) == 1:
    time.sleep(600)
""")
        process = workspace.start("run", file)
        kill(int(eventually(lambda: workspace.notes("importing"))[0]))
        _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "while it imported the pipeline's file" in said
        assert "Traceback" not in said
        assert workspace.podium("runs", "resume").returncode == 0
        assert set(states(workspace.show()).values()) == {"completed"}
