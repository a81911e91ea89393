"""Jobs on their way to a platform, beside each other and beside all else."""

from threading import Barrier, Timer

from conformance.workspace import eventually
from execution.platform_run import Run, platform, run

from podium.core.spec import ResourceSpec

__all__ = ["platform", "run"]


def test_jobs_are_submitted_side_by_side_and_not_too_many_of_them(run: Run):
    names = [f"good_{number}" for number in range(12)]
    for name in names:
        run.add(name, "waits", resources=ResourceSpec(cpu_count=0.01))
    run.relaunch()
    run.platform.together = Barrier(8)
    begun = [run.launcher.start(run.job(name)) for name in names if not run.launcher.full]
    assert begun == [True] * 8
    eventually(lambda: run.launcher.wait(0.1) or not run.launcher.full)
    assert len(run.jobs()) == 8


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
