"""Files with secrets: where they are, who may read them, and that nothing of them stays."""

import uuid

import pytest

from podium.core.docker.secret_folder import SecretFolder
from podium.core.errors import AccessError
from podium.core.secrets.secret import Secret


@pytest.fixture
def run():
    run = uuid.uuid4().hex
    yield run
    SecretFolder(run).remove_all()


def test_a_file_is_its_users_only_and_in_memory(run):
    path = SecretFolder(run).write("a", Secret("s3cret"), readable_to_all=False)
    assert path.read_text() == "s3cret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.name == "shm"


def test_for_another_user_of_a_container_only_the_folder_keeps_others_out(run):
    path = SecretFolder(run).write("a", Secret("s3cret"), readable_to_all=True)
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_another_process_replaces_and_removes_it(run):
    SecretFolder(run).write("a", Secret("one"), readable_to_all=False)
    path = SecretFolder(run).write("a", Secret("two"), readable_to_all=False)
    assert path.read_text() == "two"
    SecretFolder(run).remove("a")
    assert not path.exists()
    SecretFolder(run).remove("a")
    SecretFolder(run).remove_all()
    assert not path.parent.exists()
    SecretFolder(run).remove_all()


@pytest.mark.parametrize("how", ["link", "open to all"])
def test_a_folder_that_others_can_reach_is_not_written_to(run, tmp_path, how):
    folder = SecretFolder(run)._path
    if how == "link":
        folder.symlink_to(tmp_path)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    try:
        with pytest.raises(AccessError, match="folder of somebody else"):
            SecretFolder(run).write("a", Secret("s3cret"), readable_to_all=False)
        assert list(tmp_path.iterdir()) == []
    finally:
        if how == "link":
            folder.unlink()
