"""A job in a container of Docker's: as process 1, without rights, without a name, and with little memory."""

import time

import pytest
from conformance.workspace import eventually
from servers.base_image import NAME
from servers.mounted import PYTHONPATH, VOLUMES

COMPLETED, FAILED, CANCELLED = 0, 1, 130
_NOBODY = "12345:12345"


@pytest.fixture
def run(jobs, docker_engine):
    """Return a function that starts a job in a container that has podium's folder, and what it needs, mounted."""
    made = []

    def start(source, *, job=None, environment=None, **options):
        command = jobs.prepare(source, **job or {})
        for path in (jobs.folder, *jobs.folder.rglob("*")):
            path.chmod(0o777)
        container = docker_engine.containers.run(
            NAME,
            ["python3", *command[1:]],
            detach=True,
            environment={"PYTHONPATH": PYTHONPATH, **(environment or {})},
            labels={"podium.test": "entrypoint"},
            volumes={**VOLUMES, str(jobs.folder): {"bind": str(jobs.folder), "mode": "rw"}},
            **options,
        )
        made.append(container)
        return container

    yield start
    for container in made:
        container.remove(force=True, v=True)


def test_a_uid_without_a_name_on_a_read_only_file_system_runs_as_process_1(run, jobs):
    container = run(
        """
        @step
        def work() -> list:
            (Path.home() / "file").touch()
            return [os.getppid(), os.getuid(), Path.home().parent == Path.cwd().parent]
        """,
        job={"outputs": 1},
        user=_NOBODY,
        read_only=True,
        tmpfs={"/scratch": "rw,mode=1777"},
        environment={"TMPDIR": "/scratch"},
        mem_limit="64m",
    )
    assert container.wait()["StatusCode"] == COMPLETED, container.logs()
    assert jobs.output() == [1, 12345, True]


def test_process_1_waits_for_orphans(run, jobs):
    container = run(
        """
        @step
        def work() -> list:
            for _ in range(20):
                subprocess.run(["sh", "-c", "true & exec true"], check=True)
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                states = [path.read_text().rpartition(") ")[2][0] for path in Path("/proc").glob("[0-9]*/stat")]
                if "Z" not in states:
                    break
                time.sleep(0.05)
            return states
        """,
        job={"outputs": 1},
    )
    assert container.wait()["StatusCode"] == COMPLETED, container.logs()
    assert "Z" not in jobs.output()


def test_a_step_that_runs_out_of_memory_is_told_so_with_the_limit(run, jobs):
    container = run(
        """
        @step
        def work():
            kept = []
            while True:
                kept.append(bytearray(b"x") * 2**20)
        """,
        mem_limit="128m",
        memswap_limit="128m",
    )
    assert container.wait()["StatusCode"] == FAILED
    message = "the process was killed by signal 9 (SIGKILL): out of memory, the limit is 128 MiB"
    assert jobs.error() == ("StepDied", message)
    assert container.logs().decode() == jobs.log() == f"podium: StepDied: {message}\n"


def test_docker_stop_ends_a_step_gently_and_records_it(run, jobs):
    container = run(
        """
        @step
        def work():
            try:
                print("waiting", flush=True)
                time.sleep(60)
            finally:
                print("tidied up")
        """
    )
    eventually(lambda: container.logs() == b"waiting\n")
    began = time.monotonic()
    container.stop(timeout=30)
    assert time.monotonic() - began < 20
    assert container.wait()["StatusCode"] == CANCELLED
    assert jobs.record("cancelled")
    assert jobs.log() == "waiting\ntidied up\n"
