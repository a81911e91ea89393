import io
import subprocess
import tarfile

import pytest
from compose.hosts import graph, job

from podium.core.compose.bundle import RunConf, documents, run_folder
from podium.core.compose.document import ServiceOptions
from podium.core.contracts.graph_orchestrator import EACH_RUN
from podium.core.secrets.secret import Secret
from podium.core.spec import ResourceSpec


def plain(_job):
    return ServiceOptions()


def conf(**fields):
    return RunConf(**{"run_id": "r", "handle": "h", **fields})


def made(**fields):
    steps = {"a": (job("a", secrets=Secret("a-4711")),), "b": (job("b", resources=ResourceSpec(cpu_count=0.5)), "a")}
    return graph(steps, **{"run_id": "r", "end": job("podium-end", secrets=Secret("end-4711")), **fields})


def members(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {m.name: (m, archive.extractfile(m).read() if m.isfile() else None) for m in archive}


def test_equal_runs_give_equal_bytes():
    assert run_folder(made(), plain, conf()) == run_folder(made(), plain, conf())


def test_everything_is_its_owners_only():
    found = members(run_folder(made(), plain, conf()))
    assert {info.mode for info, _ in found.values() if info.isfile()} == {0o600}
    assert {name: info.mode for name, (info, _) in found.items() if info.isdir()} == {"ends": 0o700, "secrets": 0o700}


def test_secrets_are_in_their_folder_and_nowhere_else():
    found = members(run_folder(made(), plain, conf()))
    holding = {name: content for name, (_, content) in found.items() if content and b"4711" in content}
    assert holding == {"secrets/a.json": b"a-4711", "secrets/podium-end.json": b"end-4711"}


def test_the_graph_tells_processors_and_what_each_step_waits_for():
    assert documents(made(), plain, conf())["graph"] == "a 1000\nb 500 a\n"


@pytest.mark.parametrize("text", ["it's", 'a "b" $HOME `id` $(id)', "two\nlines", "~/x;y"])
def test_a_shell_reads_the_settings_as_they_were(text):
    script = documents(made(), plain, conf(docker=text))["run.conf"] + 'printf %s "$DOCKER"'
    read = subprocess.run(["/bin/sh", "-u", "-c", script], capture_output=True, text=True, check=True)
    assert read.stdout == text


def test_a_schedules_run_has_no_id_until_it_fires():
    found = documents(made(run_id=EACH_RUN), plain, conf(run_id=None, handle=None))["run.conf"].splitlines()
    assert {"RUN_ID=''", "HANDLE=''"} <= set(found)


def test_jobs_that_are_given_groups_do_not_get_those_of_the_hosts_user():
    def options(one):
        return ServiceOptions(extra={"group_add": ["7"]} if one.name == "a" else {})

    assert "WITH_GROUPS='b podium-end'" in documents(made(), options, conf())["run.conf"].splitlines()
