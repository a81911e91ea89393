"""What a client tells of a run that others record, in whatever order it sees that."""

from podium.core.execution.events import StepChange
from podium.core.graph.records_tail import RecordsTail
from podium.core.records.documents import encode

FLAKY = """
@step(retry=StepRetryConfig(max_retries=2))
def flaky() -> int:
    attempt = get_step_context().attempt
    print(f"attempt {{attempt}}")
    assert attempt >= {good}
    return attempt

@pipeline
def flow():
    flaky()
"""


class Told:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def step_changed(self, change: StepChange) -> None:
        self.all.append(f"{change.state} {change.attempt}")

    def step_output(self, _step: str, text: str) -> None:
        self.all += [line for line in text.splitlines() if line.startswith("attempt")]

    def flush(self) -> None:
        pass


def tail_of(run) -> tuple[RecordsTail, list[str]]:
    told = Told()
    return RecordsTail(run.store, run.id, run.document, told), told.all


def test_attempts_of_which_nothing_was_seen_before_are_told_in_their_order(platform):
    tail, told = tail_of(platform.run(FLAKY.format(good=11), attempts={"flaky": 8}))
    tail.look()
    failed = [line for n in (9, 10) for line in (f"running {n}", f"attempt {n}", f"retrying {n}")]
    assert told == [*failed, "running 11", "attempt 11", "completed 11"]


def test_a_log_that_is_seen_later_than_its_end_changes_no_state(platform):
    run = platform.prepare(FLAKY.format(good=0))
    run.run_job(run.graph.steps[0].job.name)
    log = run.store.path(run.keys.log("flaky", 1))
    late = log.rename(run.folder / "late")
    tail, told = tail_of(run)
    tail.look()
    assert told == ["running 1", "completed 1"]
    late.rename(log)
    run.settle()
    tail.look()
    assert told == ["running 1", "completed 1", "attempt 1"]
    assert tail.states == {"flaky": "completed"}


def test_a_job_that_never_was_is_not_said_to_run_and_has_failed_in_the_end(platform):
    run = platform.prepare(FLAKY.format(good=0))
    (run.ends / run.graph.steps[0].job.name).write_text("\nno such image\n")
    run.settle()
    tail, told = tail_of(run)
    tail.look()
    assert told == ["retrying 1", "failed 1"]
    assert "no such image" in tail.failures["flaky"].message


def test_a_step_that_was_cancelled_before_its_retry_has_not_failed(platform):
    run = platform.prepare(FLAKY.format(good=9))
    error = {"kind": "AssertionError", "message": "", "traceback": ""}
    for what, account in {"failed": {"seconds": 0.1, "error": error}, "cancelled": {"detail": "stopped"}}.items():
        run.store.write(run.keys.step("flaky", 1, what), encode({"at": 0, **account}))
    tail, told = tail_of(run)
    tail.look()
    assert (told, tail.failures) == (["running 1", "retrying 1", "cancelled 1"], {})
