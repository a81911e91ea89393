"""A run that cannot go to its machine is refused with the reason, before anything of it is anywhere."""

import pytest
from conformance.compose_stack import NOTHING, PHRASE, register
from conformance.workspace import Workspace
from servers.instance import NO_DOCKER, V1, Instance
from servers.sshd import make_key


def refused(workspace: Workspace, instance: Instance, user: str = V1) -> str:
    """Return what a run is refused with that was to go to the machine by the ssh flavor."""
    result = workspace.podium("run", workspace.write(NOTHING), "--stack", "ssh")
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    assert workspace.podium("runs", "list", "--output", "names").stdout == ""
    assert not (instance.home(user) / workspace.folder.name).exists()
    return result.stderr


@pytest.fixture
def by_files(workspace: Workspace, instance, cloud):
    """Register a stack that logs in by files of the workspace: `key`, of a passphrase, and `known`."""
    key = make_key(workspace.folder / "key", "ed25519", PHRASE)
    instance.authorize(V1, key.with_suffix(".pub").read_text())
    (workspace.folder / "known").write_text(f"{instance.line}\n")
    files = {"ssh_key_path": str(key), "known_hosts_path": str(workspace.folder / "known")}
    without = {"ssh_private_key": None, "host_keys": None}
    workdir = {"remote_workdir": workspace.folder.name}
    register(workspace, instance, cloud, ssh={**files, **without, **workdir, "ssh_key_passphrase": "{{far.phrase}}"})
    return workspace


def test_a_key_that_the_machine_does_not_know(by_files, instance):
    (by_files.folder / "key").unlink()
    make_key(by_files.folder / "key", "ed25519", PHRASE)
    assert f"does not let user '{V1}' in" in refused(by_files, instance)


def test_a_wrong_passphrase(by_files, instance):
    (by_files.folder / "key").unlink()
    make_key(by_files.folder / "key", "ed25519", "another")
    assert "passphrase" in refused(by_files, instance)


def test_an_unknown_machine(by_files, instance):
    (by_files.folder / "known").write_text("")
    said = refused(by_files, instance)
    assert "not known" in said
    assert instance.fingerprint in said


def test_a_machine_with_another_key_than_before(by_files, instance):
    make_key(by_files.folder / "other")
    kind, key, *_ = (by_files.folder / "other.pub").read_text().split()
    (by_files.folder / "known").write_text(f"{instance.host} {kind} {key}\n")
    said = refused(by_files, instance)
    assert "changed" in said
    assert instance.fingerprint in said


def test_a_user_who_may_not_use_docker(workspace: Workspace, instance, cloud):
    register(workspace, instance, cloud, ssh={"username": NO_DOCKER, "remote_workdir": workspace.folder.name})
    assert "this user may not use Docker" in refused(workspace, instance, NO_DOCKER)


def test_a_full_disk(workspace: Workspace, instance, cloud):
    register(workspace, instance, cloud, ssh={"remote_workdir": "/mnt/small"})
    assert "free" in refused(workspace, instance)
