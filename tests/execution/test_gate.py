"""What this machine's orchestrator cannot do is said before a run starts, all of it at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from podium import DefinitionError, DockerSettings, ResourceSettings, Schedule, pipeline, step


@step
def plain() -> int:
    return 1


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")


def faults_of(call: Callable[[], object]) -> str:
    with pytest.raises(DefinitionError) as caught:
        call()
    return str(caught.value)


def test_every_fault_is_named_in_one_error():
    big = plain.with_options(name="big", settings={"resources": ResourceSettings(cpu_count=4096)})
    secretive = plain.with_options(name="secretive", secrets=["token"])

    @pipeline
    def impossible():
        big()
        secretive()

    text = faults_of(impossible)
    assert "step 'big' asks for more than this machine has: 4096" in text
    assert "step 'secretive': there is no secret 'token'" in text


def test_a_reference_to_no_secret_in_an_environment_is_refused():
    @pipeline
    def referring():
        plain.with_options(environment={"TOKEN": "{{db.password}}"})()

    assert "step 'plain': environment 'TOKEN': there is no secret 'db'" in faults_of(referring)


def test_a_schedule_is_refused_where_there_are_none():
    @pipeline
    def nightly():
        plain()

    scheduled = nightly.with_options(schedule=Schedule(cron_expression="0 3 * * *"))
    assert "cannot run pipelines on a schedule" in faults_of(scheduled)


def test_settings_that_are_not_used_are_said(capfd, monkeypatch):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")

    @pipeline
    def imaged():
        plain.with_options(settings={"docker": DockerSettings(apt_packages=["git"])})()

    imaged()
    assert "orchestrator 'local' does not use the settings docker" in capfd.readouterr().err
