"""What runs in a job's container: one attempt of one step, from nothing but the run's URL and a file of secrets."""

import hashlib
import os
import sys
from pathlib import Path

import pytest
from conformance.workspace import eventually
from execution.jobs import RUN, STEP

from podium.core.execution.delivery import Delivery
from podium.core.spec import ResourceSpec

COMPLETED, FAILED, REFUSED, UNRECORDED = 0, 1, 65, 74
NOTHING = "@step\ndef work(): ...\n"


def test_a_step_completes_with_its_output_its_record_and_its_log(jobs):
    done = jobs.run(
        """
        @step
        def work() -> list:
            print("to stdout")
            print("to stderr", file=sys.stderr)
            return [get_step_context().pipeline_run.name, sys.argv]
        """,
        outputs=1,
    )
    assert (done.returncode, done.stderr) == (COMPLETED, "")
    assert jobs.output() == ["a run", ["flow.py", "--fast"]]
    assert done.stdout == jobs.log() == "to stdout\nto stderr\n"


def test_a_step_starts_in_the_folder_of_its_code_which_is_gone_afterwards(jobs, tmp_path):
    jobs.environment["TMPDIR"] = str(tmp_path)
    jobs.run(
        """
        @step
        def work() -> list:
            import flow
            return [os.getcwd(), flow.__file__, sys.modules["__main__"] is flow]
        """,
        outputs=1,
    )
    folder, file, is_main = jobs.output()
    assert file == f"{folder}/flow.py"
    assert is_main
    assert Path(folder).parent.parent == tmp_path
    assert not Path(folder).parent.exists()


def test_a_step_that_raises_fails_with_a_traceback_of_the_users_code_alone(jobs):
    done = jobs.run(
        """
        @step
        def work():
            raise ValueError("no such thing")
        """
    )
    assert done.returncode == FAILED
    assert jobs.error() == ("ValueError", "no such thing")
    traceback = jobs.record("failed")["error"]["traceback"]
    assert traceback.count("  File ") == 1
    assert 'flow.py", line' in traceback
    assert jobs.log() == f"{traceback}\n"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("work =", "SyntaxError"),
    ],
)
def test_code_that_cannot_be_imported_is_the_steps_failure(jobs, source, kind):
    assert jobs.run(source).returncode == FAILED
    assert jobs.error()[0] == kind


def test_code_that_was_changed_in_the_store_is_not_run(jobs):
    command = jobs.prepare(NOTHING)
    (archive,) = (jobs.folder / "store" / "code").iterdir()
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert jobs.finish(jobs.start(command)).returncode == FAILED
    assert "changed in the store" in jobs.error()[1]
    assert "changed in the store" in jobs.log()


def test_a_log_is_there_from_the_moment_an_attempt_begins_and_grows_while_it_runs(jobs):
    process = jobs.start(
        jobs.prepare(
            """
            @step
            def work():
                while not (HERE / "go").exists():
                    time.sleep(0.01)
                print("line")
                while not (HERE / "on").exists():
                    time.sleep(0.01)
            """
        )
    )
    eventually(lambda: (jobs.folder / "store" / jobs.keys.log(STEP, 1)).exists())
    assert jobs.log() == ""
    (jobs.folder / "go").touch()
    eventually(lambda: jobs.log() == "line\n")
    assert process.stdout.readline() == "line\n"
    (jobs.folder / "on").touch()
    assert jobs.finish(process).returncode == COMPLETED


def test_much_output_arrives_whole_and_in_order(jobs):
    done = jobs.run(
        """
        @step
        def work():
            for number in range(40):
                os.write(1 + number % 2, b"%07d" % number * 50_000)
        """
    )
    expected = b"".join(b"%07d" % number * 50_000 for number in range(40)).decode()
    assert hashlib.sha256(done.stdout.encode()).digest() == hashlib.sha256(expected.encode()).digest()
    assert jobs.log() == expected


def test_a_step_that_never_lets_go_of_the_interpreter_is_still_heard(jobs):
    process = jobs.start(
        jobs.prepare(
            """
            @step
            def work():
                print("before", flush=True)
                ctypes.PyDLL(None).sleep(3)
            """
        )
    )
    assert process.stdout.readline() == "before\n"
    eventually(lambda: jobs.log() == "before\n")
    assert process.poll() is None
    jobs.finish(process)


def test_a_step_goes_on_when_nobody_reads_its_output_any_more(jobs):
    command = jobs.prepare(
        """
        @step
        def work():
            for _ in range(20):
                print("x" * 1000)
                time.sleep(0.01)
        """
    )
    reader, writer = os.pipe()
    process = jobs.start(command, stdout=writer)
    os.close(writer)
    os.close(reader)
    assert jobs.finish(process).returncode == COMPLETED
    assert jobs.log() == ("x" * 1000 + "\n") * 20


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (lambda data: data.replace(b'"attempt":1', b'"attempt":2'), "is not the one this job was made for"),
        (lambda _: b"", "is not the one this job was made for"),
        (None, "there is no job document"),
    ],
)
def test_a_job_document_that_is_not_its_own_is_refused(jobs, document, reason):
    command = jobs.prepare("@step\ndef work():\n    (HERE / 'ran').touch()\n")
    (path,) = (jobs.folder / "store" / "runs" / RUN / "jobs").iterdir()
    data = path.read_bytes()
    path.unlink()
    if document:
        path.write_bytes(document(data))
    done = jobs.finish(jobs.start(command))
    assert done.returncode == REFUSED
    assert done.stderr.startswith("podium: ")
    assert reason in done.stderr
    assert not (jobs.folder / "ran").exists()
    assert not (jobs.folder / "store" / jobs.keys.steps).exists()


def test_a_job_document_of_a_newer_podium_is_refused(jobs):
    from podium.core.spec import spec_digest

    document = b'{"format":99}'
    jobs.store.create(jobs.keys.job(STEP, 1, spec_digest(document)), document)
    done = jobs.finish(jobs.start(jobs.command(spec_digest(document))))
    assert done.returncode == REFUSED
    assert "this podium reads up to 1" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["a/runs/b", "step", "first", "digest"], ["x/runs/y", "s", "1", "d"]]
)
def test_a_command_that_makes_no_sense_is_refused(jobs, arguments):
    done = jobs.finish(jobs.start([sys.executable, "-m", "podium.core.execution.entrypoint", *arguments]))
    assert done.returncode == REFUSED
    assert done.stderr.startswith("podium: ")
    assert "Traceback" not in done.stderr


def test_a_damaged_file_of_secrets_is_refused_without_showing_it(jobs):
    command = jobs.prepare(NOTHING)
    Path(jobs.environment["PODIUM_SECRETS_FILE"]).write_text('{"store_options": "marker-4711')
    done = jobs.finish(jobs.start(command))
    assert done.returncode == REFUSED
    assert "damaged" in done.stderr
    assert "marker-4711" not in done.stderr


def test_an_end_that_the_store_does_not_take_is_told_with_an_exit_code_of_its_own(jobs):
    done = jobs.run(
        """
        @step
        def work():
            (HERE / "store" / "runs" / "run-1" / "steps").touch()
        """
    )
    assert done.returncode == UNRECORDED
    assert "podium: step work completed, and that is not recorded: " in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_failure_that_the_store_does_not_take_is_told_too(jobs):
    done = jobs.run(
        """
        @step
        def work():
            (HERE / "store" / "runs" / "run-1" / "steps").touch()
            os._exit(3)
        """
    )
    assert done.returncode == UNRECORDED
    assert "podium: step work failed (StepDied: the process exited with code 3" in done.stderr


def test_secrets_reach_the_step_that_declares_them_and_nothing_else(jobs):
    marker = "marker-4711"
    delivery = Delivery({"TOKEN": f"Bearer {marker}"}, {"sky": {"token": marker}}, (marker,))
    jobs.environment["PODIUM_SECRETS_PASSPHRASE"] = marker
    done = jobs.run(
        """
        @step
        def work():
            token = Client().get_secret("sky").secret_values["token"]
            assert os.environ["TOKEN"] == "Bearer " + token
            print([name for name in os.environ if name.startswith("PODIUM_SECRETS_")])
            raise ValueError("not accepted: " + token)
        """,
        delivery=delivery,
        options={"key": "marker-0815"},
    )
    assert done.returncode == FAILED
    assert jobs.error() == ("ValueError", "not accepted: ********")
    assert done.stdout.startswith("[]\n")
    (jobs.folder / "secrets.json").unlink()
    kept = b"".join(path.read_bytes() for path in jobs.folder.rglob("*") if path.is_file())
    assert b"marker" not in kept
    assert "marker" not in done.stdout + done.stderr


GPU = ResourceSpec(gpu_count=1)
TOUCH = "@step\ndef work():\n    (HERE / 'ran').touch()\n"


def test_a_step_that_wants_a_gpu_and_sees_none_fails_before_it_runs(jobs):
    jobs.environment["PATH"] = ""
    assert jobs.run(TOUCH, resources=GPU).returncode == FAILED
    kind, message = jobs.error()
    assert kind == "UsageError"
    assert message.startswith("step 'work' asks for 1 GPU, and its container shows none (nvidia-smi is not on PATH)")
    assert "hint: " in message
    assert not (jobs.folder / "ran").exists()


def test_a_step_that_wants_a_gpu_runs_where_nvidia_smi_lists_one(jobs):
    program = jobs.folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 0, GPU-1, NVIDIA A100\n")
    program.chmod(0o755)
    jobs.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    assert jobs.run(TOUCH, resources=GPU).returncode == COMPLETED
    assert (jobs.folder / "ran").exists()


@pytest.mark.parametrize("home", [None, "/", "/nowhere/at/all"])
def test_a_step_has_a_home_to_write_to_wherever_it_runs(jobs, home):
    jobs.environment.pop("HOME")
    jobs.environment |= {"HOME": home} if home else {}
    done = jobs.run(
        """
        @step
        def work() -> str:
            (Path.home() / "file").write_text("kept")
            return str(Path.home())
        """,
        outputs=1,
    )
    assert done.returncode == COMPLETED, done.stdout
    assert jobs.output() not in {"/", "/nowhere/at/all"}
    assert not Path(jobs.output()).exists()
