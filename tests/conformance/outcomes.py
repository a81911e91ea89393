"""How steps end, and what that means for the others: data, failures, modes, retries, time-outs, deaths, hooks."""

import pytest
from conformance.workspace import Workspace, eventually, pid_here, states, step_of

FAILING = """
@step(enable_cache=False)
def first() -> int:
    return 1

@step
def broken(x: int) -> int:
    raise ValueError(f"no luck with {x}")

@step
def below(x: int) -> int:
    return x

@step
def beside(x: int) -> int:
    return x + 1

@pipeline
def flow():
    x = first()
    below(broken(x))
    beside(x)
"""
MODES = """
@step(settings=LIGHT)
def broken():
    wait_for("running")
    raise ValueError

@step(settings=LIGHT)
def running():
    note("running")
    time.sleep({seconds})

@step(settings=LIGHT)
def later():
    pass

@pipeline(execution_mode="{mode}")
def flow():
    broken()
    later(after=running())
"""


class Outcomes:
    def test_steps_pass_values_on(self, workspace: Workspace, client):
        file = workspace.write("""
@step
def numbers() -> list[int]:
    return [1, 2, 3]

@step
def total(parts: list[int], scale: int) -> int:
    return sum(parts) * scale

@step
def both(totals: dict[str, int]) -> str:
    return " ".join(f"{key}={value}" for key, value in totals.items())

@pipeline
def flow(scale: int = 1):
    parts = numbers()
    both({"one": total(parts, 1), "many": total(parts, scale)})
""")
        run, _ = workspace.run(file, "--param", "scale=10")
        assert run["state"] == "completed"
        assert states(run) == dict.fromkeys(("numbers", "total", "total_2", "both"), "completed")
        assert client().get_pipeline_run(run["id"]).steps["both"].output.load() == "one=6 many=60"

    def test_a_failure_skips_what_depends_on_it_and_nothing_else(self, workspace: Workspace):
        run, _ = workspace.run(workspace.write(FAILING), code=1)
        assert run["state"] == "failed"
        assert states(run) == {"first": "completed", "broken": "failed", "below": "skipped", "beside": "completed"}

    def test_a_failure_is_told_in_the_users_own_frames(self, workspace: Workspace):
        run, said = workspace.run(workspace.write(FAILING), code=1)
        error = step_of(run, "broken")["error"]
        assert (error["kind"], error["message"]) == ("ValueError", "no luck with 1")
        for text in (error["traceback"], said, workspace.log("broken")):
            assert 'raise ValueError(f"no luck with {x}")' in text
            assert "in broken" in text
            assert "step_runner" not in text
            assert text.count("File ") == text.count("flow.py")

    @pytest.mark.parametrize(
        ("mode", "running", "later"),
        [
            ("continue_on_failure", "completed", "completed"),
            ("stop_on_failure", "completed", "skipped"),
            ("fail_fast", "cancelled", "skipped"),
        ],
    )
    def test_execution_modes(self, workspace: Workspace, mode, running, later):
        # Else it completes when the failure is known, which on some platforms takes a while.
        seconds = 60 if running == "cancelled" else 0.3 + workspace.lag / 10
        run, _ = workspace.run(workspace.write(MODES.format(mode=mode, seconds=seconds)), code=1)
        assert states(run) == {"broken": "failed", "running": running, "later": later}

    def test_a_retried_step_completes_after_ever_longer_waits(self, workspace: Workspace, client):
        file = workspace.write("""
@step(retry=StepRetryConfig(max_retries=3, delay=0.2, backoff=2))
def flaky() -> int:
    tries = note("tries", time.time())
    if tries < 3:
        raise OSError(f"try {tries}")
    return get_step_context().attempt

@pipeline
def flow():
    flaky()
""")
        run, said = workspace.run(file)
        flaky = step_of(run, "flaky")
        assert (flaky["state"], flaky["attempt"], flaky["error"]) == ("completed", 3, None)
        assert client().get_pipeline_run(run["id"]).steps["flaky"].output.load() == 3
        first, second, third = map(float, workspace.notes("tries"))
        assert second - first >= 0.2
        assert third - second >= 0.4
        assert "OSError: try 2" in said

    def test_a_step_fails_when_its_retries_are_used_up(self, workspace: Workspace):
        file = workspace.write("""
@step(retry=StepRetryConfig(max_retries=2))
def hopeless():
    raise OSError(note("tries"))

@pipeline
def flow():
    hopeless()
""")
        run, _ = workspace.run(file, code=1)
        hopeless = step_of(run, "hopeless")
        assert (hopeless["state"], hopeless["attempt"]) == ("failed", 3)
        assert hopeless["error"]["message"] == "3"
        assert len(workspace.notes("tries")) == 3

    def test_a_time_out_ends_the_whole_process_tree(self, workspace: Workspace):
        file = workspace.write("""
@step(timeout=1.5)
def slow():
    for session in (False, True):
        note("pids", process(subprocess.Popen(["sleep", "600"], start_new_session=session).pid))
    note("pids", process())
    shell = subprocess.Popen(["setsid", "sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    note("pids", process(shell.stdout.readline().strip()))
    shell.wait()

@pipeline
def flow():
    slow()
""")
        run, _ = workspace.run(file, code=1)
        error = step_of(run, "slow")["error"]
        assert (error["kind"], error["message"]) == ("TimedOut", "it took longer than 1.5s")
        assert len(workspace.notes("pids")) == 4
        eventually(lambda: not any(map(pid_here, workspace.notes("pids"))), 5)

    def test_a_timed_out_attempt_is_retried(self, workspace: Workspace):
        file = workspace.write("""
@step(timeout=2.5, retry=StepRetryConfig(max_retries=1))
def slow_once():
    if note("tries") == 1:
        time.sleep(600)

@pipeline
def flow():
    slow_once()
""")
        run, _ = workspace.run(file)
        assert step_of(run, "slow_once")["attempt"] == 2

    def test_a_step_whose_process_dies_fails_alone_and_that_is_said(self, workspace: Workspace):
        file = workspace.write("""
@step(settings=LIGHT)
def crashes():
    ctypes.string_at(0)

@step(settings=LIGHT)
def exits():
    os._exit(3)

@step(settings=LIGHT)
def killed():
    os.kill(os.getpid(), signal.SIGKILL)

@step(settings=LIGHT)
def quits():
    sys.exit(4)

@step(settings=LIGHT, enable_cache=False)
def lives():
    pass

@pipeline
def flow():
    for dying in (crashes, exits, killed, quits):
        dying()
    for _ in range(4):
        lives()
""")
        run, said = workspace.run(file, code=1)
        found = states(run)
        assert [found.pop(name) for name in ("crashes", "exits", "killed", "quits")] == ["failed"] * 4
        assert list(found.values()) == ["completed"] * 4
        for step, words in {
            "crashes": "killed by signal 11 (SIGSEGV)",
            "exits": "exited with code 3",
            "killed": "killed by signal 9 (SIGKILL)",
        }.items():
            assert words in step_of(run, step)["error"]["message"]
            assert words in said
        assert step_of(run, "quits")["error"]["kind"] == "SystemExit"

    def test_a_step_that_died_is_retried(self, workspace: Workspace):
        file = workspace.write("""
@step(retry=StepRetryConfig(max_retries=1))
def dies_once() -> int:
    if note("tries") == 1:
        os._exit(1)
    return 1

@pipeline
def flow():
    dies_once()
""")
        run, _ = workspace.run(file)
        assert step_of(run, "dies_once")["attempt"] == 2

    def test_hooks_are_called_once_at_the_end_of_a_step(self, workspace: Workspace):
        file = workspace.write("""
def on_failure(error):
    note("hooks", f"{get_step_context().step_name} failed: {error}")

def on_success():
    note("hooks", f"{get_step_context().step_name} completed")

@step(retry=StepRetryConfig(max_retries=2))
def hopeless():
    raise OSError(note("hopeless"))

@step(retry=StepRetryConfig(max_retries=2))
def flaky():
    if note("flaky") < 2:
        raise OSError

@pipeline(on_failure=on_failure, on_success=on_success)
def flow():
    flaky()
    hopeless()
""")
        workspace.run(file, code=1)
        assert sorted(workspace.notes("hooks")) == ["flaky completed", "hopeless failed: OSError: 3"]

    def test_the_failure_hook_is_called_for_a_step_that_was_killed(self, workspace: Workspace):
        file = workspace.write("""
def on_failure(error):
    note("hooks", f"{get_step_context().step_name} {str(error).partition(':')[0]}")
    print("the hook was here")

@step(retry=StepRetryConfig(max_retries=1))
def dies():
    note("dies")
    os._exit(3)

@step(timeout=0.3)
def hangs():
    time.sleep(60)

@pipeline(on_failure=on_failure)
def flow():
    dies()
    hangs()
""")
        workspace.run(file, code=1)
        assert sorted(workspace.notes("hooks")) == ["dies StepDied", "hangs TimedOut"]
        assert len(workspace.notes("dies")) == 2
        assert "the hook was here" in workspace.log("dies")
