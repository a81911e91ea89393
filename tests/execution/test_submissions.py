"""Jobs on their way to a platform, beside each other and beside all else."""

from threading import Barrier, Timer

import pytest
from conformance.workspace import eventually
from execution.platform_run import Run, platform, run

from podium.core.errors import PodiumError
from podium.core.spec import ResourceSpec

__all__ = ["platform", "run"]


def light(run: Run, count: int) -> list[str]:
    """Add steps that take next to no processor, and return their names."""
    names = [f"light_{number}" for number in range(count)]
    for name in names:
        run.add(name, "waits", resources=ResourceSpec(cpu_count=0.01))
    run.relaunch()
    return names


def test_jobs_are_submitted_side_by_side_and_not_too_many_of_them(run: Run):
    names = light(run, 12)
    run.platform.together = Barrier(8)
    begun = [run.launcher.start(run.job(name)) for name in names if not run.launcher.full]
    assert begun == [True] * 8
    eventually(lambda: run.launcher.wait(0.1) or len(run.jobs()) == 8)
    eventually(lambda: run.launcher.wait(0.1) or not run.launcher.full)


def test_a_job_that_is_stopped_on_its_way_ends_when_it_is_there(run: Run):
    run.platform.together = Barrier(2)
    assert run.launcher.start(run.job("waits"))
    run.launcher.stop("waits", 0)
    assert run.launcher.wait(0) == []
    run.platform.together.wait()
    assert "SIGKILL" in run.ended()[0].death


def test_close_ends_what_is_on_its_way(run: Run):
    run.platform.together = Barrier(2)
    assert run.launcher.start(run.job("waits"))
    Timer(0.5, run.platform.together.wait).start()
    run.launcher.close()
    assert run.jobs() == []


def test_a_store_that_fails_is_an_error_and_what_runs_is_ended(run: Run):
    runs, *others = light(run, 4)
    run.start(runs)
    (folder,) = run.store.folder.glob("runs/*/jobs")
    folder.rename(run.store.folder / "away")
    folder.write_text("no folder")
    assert all(run.launcher.start(run.job(step)) for step in others)
    with pytest.raises(PodiumError):
        eventually(lambda: run.launcher.wait(1))
    assert len(run.jobs()) == 1
    run.launcher.close()
    assert run.jobs() == []
