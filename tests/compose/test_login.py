"""The login of a run, against as much of an engine as it needs."""

import json

import pytest
from compose.hosts import graph
from servers.docker_engine import docker_engine as engine

ONLY_V2 = pytest.mark.parametrize("host", [2], indirect=True)


@ONLY_V2
def test_a_login_is_the_runs_own(host, tmp_path):
    folder = host.place(graph({"a": ("",)}))
    host.environment["HOME"] = str(tmp_path)
    with engine("pass $w\"ord'") as (address, logins):
        host.environment["DOCKER_HOST"] = address
        done = host.ask(folder, "login", "al ice", "r.example.com:5000", stdin="pass $w\"ord'")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [(login["username"], login["serveraddress"]) for login in logins] == [("al ice", "r.example.com:5000")]
    config = folder / "docker/config.json"
    assert "r.example.com:5000" in json.loads(config.read_text())["auths"]
    assert (config.stat().st_mode & 0o777, config.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not (tmp_path / ".docker").exists()


@ONLY_V2
def test_a_refused_login_is_told_with_the_engines_words(host):
    folder = host.place(graph({"a": ("",)}))
    with engine("right") as (address, _):
        host.environment["DOCKER_HOST"] = address
        done = host.ask(folder, "login", "alice", "r.example.com", stdin="wrong")
    assert done.returncode != 0
    assert "unauthorized" in done.stderr
