"""How runs are ended from outside and taken up again: cancel, Ctrl-C, the client's death, resume, detached runs."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conformance.workspace import PATIENCE, Workspace, eventually, states

STUBBORN = {
    "sleeping": "time.sleep(600)",
    "child": 'subprocess.run(["sleep", "600"])',
    "catching everything": """
    while True:
        try:
            time.sleep(600)
        except BaseException:
            note("caught")""",
    "ignoring SIGTERM": """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("ignoring")
    time.sleep(600)""",
}
LONG = """
@step
def first() -> int:
    note("first")
    return 1

@step(retry=StepRetryConfig(max_retries=5))
def long(x: int) -> int:
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    note("long")
    {body}
    return x + 1

@step
def last(x: int) -> int:
    note("last")
    return x + 1

@pipeline
def flow():
    last(long(first()))
"""
UNTIL_TOLD = """if note("begun") == 1:
        time.sleep(600)"""
CANCELLED = {"first": "completed", "long": "cancelled", "last": "cancelled"}


def begin(workspace: Workspace, body: str, *options: str):
    """Start a run and return its client once the long step is at work."""
    client = workspace.start("run", workspace.write(LONG.format(body=body)), *options)
    eventually(lambda: workspace.notes("long") or client.poll() is not None)
    assert client.poll() is None, client.communicate()
    return client


class Interrupts:
    @pytest.mark.parametrize("body", STUBBORN.values(), ids=STUBBORN)
    def test_ctrl_c_ends_the_run_soon(self, workspace: Workspace, body):
        client = begin(workspace, body)
        os.killpg(client.pid, signal.SIGINT)
        began = time.monotonic()
        _, said = client.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < workspace.ending
        assert client.returncode == 130
        run = workspace.show()
        assert (run["state"], states(run)) == ("cancelled", CANCELLED)
        assert f"podium runs resume {run['id']}" in said
        assert "Traceback" not in said
        assert workspace.notes("long") == [""]
        eventually(lambda: not workspace.processes(), workspace.lag)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_other_requests_to_end_are_as_ctrl_c(self, workspace: Workspace, number):
        client = begin(workspace, "time.sleep(600)")
        client.send_signal(number)
        client.communicate(timeout=PATIENCE)
        assert client.returncode == 130
        assert states(workspace.show()) == CANCELLED
        assert not workspace.processes()

    def test_a_second_ctrl_c_does_not_wait_for_the_step(self, workspace: Workspace):
        client = begin(workspace, STUBBORN["ignoring SIGTERM"])
        eventually(lambda: workspace.notes("ignoring"))
        os.killpg(client.pid, signal.SIGINT)
        time.sleep(0.2)
        os.killpg(client.pid, signal.SIGINT)
        began = time.monotonic()
        client.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < 0.3 * workspace.ending
        assert client.returncode == 130
        eventually(lambda: states(workspace.show()) == CANCELLED, workspace.lag)
        eventually(lambda: not workspace.processes(), workspace.lag)

    def test_ctrl_c_while_the_file_is_imported(self, workspace: Workspace):
        file = workspace.write(LONG.format(body=""))
        with file.open("a") as source:
            source.write('\nif __name__ != "__main__":\n    note("importing")\n    time.sleep(600)\n')
        client = workspace.start("run", file)
        eventually(lambda: workspace.notes("importing"))
        time.sleep(0.5)
        os.killpg(client.pid, signal.SIGINT)
        began = time.monotonic()
        _, said = client.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < workspace.ending
        assert client.returncode == 130
        assert "Traceback" not in said
        eventually(lambda: not workspace.processes(), 5)

    def test_ctrl_c_between_attempts(self, workspace: Workspace):
        file = workspace.write("""
@step(retry=StepRetryConfig(max_retries=5, delay=600))
def flaky():
    note("tries")
    raise OSError

@pipeline
def flow():
    flaky()
""")
        client = workspace.start("run", file)
        eventually(lambda: workspace.notes("tries"))
        eventually(lambda: states(workspace.show()) == {"flaky": "retrying"})
        os.killpg(client.pid, signal.SIGINT)
        client.communicate(timeout=PATIENCE)
        assert client.returncode == 130
        assert states(workspace.show()) == {"flaky": "cancelled"}

    def test_cancel_from_another_process(self, workspace: Workspace):
        client = begin(workspace, "time.sleep(600)")
        result = workspace.podium("runs", "cancel")
        assert (result.returncode, result.stdout) == (0, "")
        run = workspace.show()
        assert (run["state"], states(run)) == ("cancelled", CANCELLED)
        client.communicate(timeout=PATIENCE)
        assert client.returncode == 130
        assert workspace.notes("long") == [""]
        eventually(lambda: not workspace.processes(), workspace.lag)

    def test_cancel_spares_a_process_whose_thread_drives_the_run(self, workspace: Workspace):
        file = workspace.write(LONG.format(body="time.sleep(600)"))
        with file.open("a") as source:
            source.write("""
def drive():
    try:
        flow()
    except KeyboardInterrupt:
        note("cancelled")

if __name__ == "__main__":
    thread = threading.Thread(target=drive)
    thread.start()
    thread.join()
    note("alive")
""")
        process = workspace.start("run", file)
        eventually(lambda: workspace.notes("long"))
        result = workspace.podium("runs", "cancel")
        assert result.returncode == 0, result.stderr
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        assert workspace.notes("cancelled") == workspace.notes("alive") == [""]
        assert states(workspace.show()) == CANCELLED

    def test_a_run_that_has_ended_cannot_be_cancelled(self, workspace: Workspace):
        workspace.run(workspace.write(LONG.format(body="")))
        result = workspace.podium("runs", "cancel")
        assert result.returncode == 5
        assert "it is completed" in result.stderr

    def test_a_cancelled_run_is_resumed(self, workspace: Workspace):
        client = begin(workspace, UNTIL_TOLD)
        assert workspace.podium("runs", "cancel").returncode == 0
        client.communicate(timeout=PATIENCE)
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        run = workspace.show()
        assert (run["state"], run["submission"]) == ("completed", 2)
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 2, 1]

    def test_a_lost_run_is_cancelled(self, workspace: Workspace):
        client = begin(workspace, "time.sleep(600)")
        client.kill()
        client.communicate()
        assert workspace.podium("runs", "cancel").returncode == 0
        run = workspace.show()
        assert (run["state"], states(run)) == ("cancelled", CANCELLED)
        eventually(lambda: not workspace.processes(), 5)

    def test_a_failed_run_is_resumed_with_the_code_as_it_is_now(self, workspace: Workspace, client):
        file = workspace.write(
            LONG.format(body='raise ValueError("a mistake")').replace("max_retries=5", "max_retries=0")
        )
        workspace.run(file, code=1)
        file.write_text(file.read_text().replace('raise ValueError("a mistake")', "x = 10"))
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert "flow.py" in result.stderr
        assert workspace.notes("first") == [""]
        assert client().list_pipeline_runs()[0].steps["last"].output.load() == 12

    @pytest.mark.parametrize("body", ["", "time.sleep(3)"], ids=["short", "long"])
    def test_of_two_resumes_at_once_one_wins(self, workspace: Workspace, body):
        file = workspace.write(LONG.format(body="raise ValueError").replace("max_retries=5", "max_retries=0"))
        workspace.run(file, code=1)
        file.write_text(file.read_text().replace("raise ValueError", body))
        with ThreadPoolExecutor(2) as threads:
            results = list(threads.map(lambda _: workspace.podium("runs", "resume"), range(2)))
        winner, loser = sorted(results, key=lambda result: result.returncode)
        assert (winner.returncode, loser.returncode) == (0, 5), [result.stderr for result in results]
        assert "by process " in loser.stderr or "has completed" in loser.stderr
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 2, 1]
        assert workspace.show()["submission"] == 2

    def test_a_detached_run_goes_on_by_itself(self, workspace: Workspace):
        file = workspace.write(LONG.format(body='print("at work", flush=True)\n    wait_for("go")'))
        result = workspace.podium("run", file, "--detach")
        assert result.returncode == 0, result.stderr
        follower = workspace.start("runs", "logs", "--follow")
        assert follower.stdout.readline() == "long | at work\n"
        refused = workspace.podium("runs", "resume")
        assert refused.returncode == 5
        assert "podium runs cancel" in refused.stderr
        (workspace.folder / "go").touch()
        assert follower.communicate(timeout=PATIENCE)[0] == ""
        assert workspace.show()["state"] == "completed"
        eventually(lambda: not workspace.processes(), 5)

    def test_a_detached_run_is_cancelled(self, workspace: Workspace):
        workspace.podium("run", workspace.write(LONG.format(body="time.sleep(600)")), "--detach")
        eventually(lambda: workspace.notes("long"))
        assert workspace.podium("runs", "cancel").returncode == 0
        assert states(workspace.show()) == CANCELLED
        eventually(lambda: not workspace.processes(), 5)
