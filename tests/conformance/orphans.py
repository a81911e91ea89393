"""What becomes of the steps of a client that was killed: they end with it, or go on until a resume follows them.

Where a platform walks the graph, the whole run goes on.
"""

from conformance.interrupts import CANCELLED, UNTIL_TOLD, begin
from conformance.workspace import PATIENCE, Workspace, eventually, pid_here, states, step_of


class EndWithTheirClient:
    def test_a_run_whose_client_was_killed_is_lost_and_can_be_resumed(self, workspace: Workspace):
        client = begin(workspace, UNTIL_TOLD)
        assert workspace.show()["state"] == "running"
        client.kill()
        client.communicate()
        eventually(lambda: not workspace.processes(), 5)
        eventually(lambda: " lost " in workspace.podium("runs", "list").stdout)
        assert states(workspace.show()) == {"first": "completed", "long": "lost", "last": "lost"}
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        run = workspace.show()
        assert run["state"] == "completed"
        assert step_of(run, "long")["attempt"] == 2
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 2, 1]


class OutliveTheirClient:
    def test_a_run_whose_client_was_killed_is_lost_and_a_resume_takes_its_step_over(self, workspace: Workspace):
        client = begin(workspace, 'print("at work", flush=True)\n    wait_for("go")\n    print("done")')
        client.kill()
        client.communicate()
        assert workspace.processes()
        assert " lost " in workspace.podium("runs", "list").stdout
        assert states(workspace.show()) == {"first": "completed", "long": "lost", "last": "lost"}
        resumed = workspace.start("runs", "resume")
        eventually(lambda: states(workspace.show())["long"] == "running")
        (workspace.folder / "go").touch()
        _, said = resumed.communicate(timeout=PATIENCE)
        assert resumed.returncode == 0, said
        assert "long | at work\nlong | done\n" in said
        run = workspace.show()
        assert (run["state"], step_of(run, "long")["attempt"]) == ("completed", 1)
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 1, 1]
        assert not workspace.processes()

    def test_a_step_that_completed_with_nobody_watching_is_not_run_again(self, workspace: Workspace):
        client = begin(workspace, 'wait_for("go")')
        client.kill()
        client.communicate()
        (workspace.folder / "go").touch()
        eventually(lambda: states(workspace.show())["long"] == "completed")
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert workspace.show()["state"] == "completed"
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 1, 1]
        assert not workspace.processes()

    def test_a_step_that_died_with_nobody_watching_is_told_of_and_tried_again(self, workspace: Workspace):
        client = begin(
            workspace,
            """if note("begun", process()) == 1:
        wait_for("go")
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)""",
        )
        client.kill()
        client.communicate()
        (workspace.folder / "go").touch()
        (begun,) = eventually(lambda: workspace.notes("begun"))
        eventually(lambda: not pid_here(begun))
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert "killed by signal 9 (SIGKILL)" in result.stderr
        assert step_of(workspace.show(), "long")["attempt"] == 2


class GoOnWithoutTheirClient:
    def test_a_run_whose_client_was_killed_goes_on_and_is_followed_again(self, workspace: Workspace):
        client = begin(workspace, 'print("at work", flush=True)\n    wait_for("go")\n    print("done")')
        client.kill()
        client.communicate()
        assert states(workspace.show()) == {"first": "completed", "long": "running", "last": "queued"}
        assert "podium runs cancel" in workspace.podium("runs", "resume").stderr
        follower = workspace.start("runs", "logs", "--follow")
        assert follower.stdout.readline() == "long | at work\n"
        (workspace.folder / "go").touch()
        assert follower.communicate(timeout=PATIENCE)[0] == "long | done\n"
        run = workspace.show()
        assert (run["state"], run["submission"]) == ("completed", 1)
        assert [len(workspace.notes(name)) for name in ("first", "long", "last")] == [1, 1, 1]

    def test_a_run_whose_client_was_killed_is_cancelled(self, workspace: Workspace):
        client = begin(workspace, "time.sleep(600)")
        client.kill()
        client.communicate()
        result = workspace.podium("runs", "cancel")
        assert result.returncode == 0, result.stderr
        assert states(workspace.show()) == CANCELLED
        eventually(lambda: not workspace.processes(), workspace.lag)
