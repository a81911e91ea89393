"""`Client().get_secret`, in and outside steps."""

import pickle
import subprocess
import sys

import pytest

from podium import Client, NotFoundError, RunFailed, pipeline, step
from podium.core.secrets.vault import open_vault


@pytest.fixture(autouse=True)
def sky(monkeypatch):
    """Keep two secrets."""
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    open_vault().write("sky", {"token": "s3cr3t"})
    open_vault().write("sea", {"token": "0ther-s3cret"})


def test_outside_steps_every_secret_is_had():
    assert Client().get_secret("sky").secret_values == {"token": "s3cr3t"}
    assert Client().get_secret("sea").name == "sea"


def test_it_shows_its_keys_and_is_not_pickled():
    secret = Client().get_secret("sky")
    assert repr(secret) == "StoredSecret('sky', keys=['token'])"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_secret_that_is_not_there():
    with pytest.raises(NotFoundError, match="did you mean 'sky'"):
        Client().get_secret("skyy")


@step(secrets=["sky"], environment={"BOTH": "{{sky.token}}:{{sea.token}}"}, enable_cache=False)
def reads(name: str) -> int:
    return len(Client().get_secret(name).secret_values["token"])


@pytest.mark.parametrize("name", ["sky", "sea"])
def test_in_a_step_that_runs_here_too_only_declared_ones_are_had(name, monkeypatch, capfd):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")

    @pipeline
    def flow():
        reads(name)

    if name == "sky":
        assert flow().load() == {"reads": 6}
    else:
        with pytest.raises(RunFailed):
            flow()
        assert "step 'reads' has not declared secret 'sea'" in capfd.readouterr().err


@step(enable_cache=False)
def quiet() -> int:
    return 1


def test_what_a_pipeline_declares_its_steps_have(monkeypatch):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")

    @pipeline(secrets=["sea"])
    def flow():
        reads("sea")

    assert flow().load() == {"reads": 12}


@pytest.mark.parametrize("command", [["-m", "podium", "run"], ["-m", "podium", "--debug", "run"], []])
def test_no_uncaught_error_shows_one(command, tmp_path):
    file = tmp_path / "leak.py"
    file.write_text(
        "from podium import Client\nraise RuntimeError('wrong: ' + Client().get_secret('sky').secret_values['token'])\n"
    )
    done = subprocess.run([sys.executable, *command, file], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "RuntimeError: wrong: ********" in done.stderr
    assert "s3cr3t" not in done.stderr
