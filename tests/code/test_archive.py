"""Code in the artifact store: stored once, checked when it is read, deleted with the last run that has it."""

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.code.archive import archive_key, publish, unpack
from podium.core.code.pack import pack
from podium.core.errors import PodiumError
from podium.core.ids import new_run_id
from podium.core.records.documents import CodeReference, RunHeader
from podium.core.records.removal import delete_run
from podium.core.records.writer import create_run


class Counting(LocalFiles):
    """A store that counts what is asked of it."""

    def __init__(self, root):
        super().__init__(root)
        self.asked = []

    def exists(self, key):
        self.asked.append("exists")
        return super().exists(key)

    def create(self, key, data):
        self.asked.append("create")
        return super().create(key, data)


@pytest.fixture
def recorded(store):
    """Return a function that records a run whose code is an archive, and returns its id."""

    def record(archive: str | None) -> str:
        code = CodeReference(root="/", file=None, archive=archive)
        header = RunHeader(
            id=new_run_id(),
            name="a run",
            pipeline="p",
            created=0.0,
            spec_digest="",
            user="me",
            host="here",
            stack={"name": "default"},
            code=code,
        )
        create_run(store, header, b"{}")
        return header.id

    return record


def test_unchanged_code_is_stored_once_and_then_costs_one_request(project, tmp_path):
    root = project({"a.py": "x = 1\n" * 1000, "b.py": ""})
    store = Counting(tmp_path / "store")
    notices = []
    publish(pack(root), store, notices.append)
    assert store.asked == ["exists", "create"]
    publish(pack(root), store, notices.append)
    assert store.asked == ["exists", "create", "exists"]
    size = notices[0].split()[3]
    assert notices == [f"code: 2 files, {size} B packed, stored", f"code: 2 files, {size} B packed, stored before"]


def test_what_is_left_out_is_said_when_code_is_stored(project, store):
    notices = []
    publish(pack(project({".env": ""})), store, notices.append)
    assert [notice.split(":")[0] for notice in notices] == ["code", "not part of the code, as they look like secrets"]


def test_code_comes_back_from_the_store(project, store, tmp_path):
    archive = pack(project({"pkg/a.py": "x = 1\n"}))
    publish(archive, store, print)
    unpack(store, archive.digest, tmp_path / "code")
    assert (tmp_path / "code" / "pkg" / "a.py").read_text() == "x = 1\n"


def test_code_that_is_not_what_the_run_recorded_is_refused(project, store, tmp_path):
    archive, other = pack(project({"a.py": ""})), pack(project({"a.py": "changed"}))
    store.write(archive_key(archive.digest), other.data)
    with pytest.raises(PodiumError, match="was changed in the store"):
        unpack(store, archive.digest, tmp_path / "code")
    assert not (tmp_path / "code").exists()


def test_code_that_is_gone_is_told_with_its_place(store, tmp_path):
    with pytest.raises(PodiumError, match=f"no longer in the store\n  at {store.url}/code/0"):
        unpack(store, "0" * 64, tmp_path / "code")


def test_code_is_deleted_with_the_last_run_that_has_it(project, store, recorded):
    archive = pack(project({"a.py": ""}))
    first, second, other = recorded(archive.digest), recorded(archive.digest), recorded(None)
    publish(archive, store, print)
    delete_run(store, first)
    delete_run(store, other)
    assert store.exists(archive_key(archive.digest))
    delete_run(store, second)
    assert not store.exists(archive_key(archive.digest))


def test_a_run_that_finds_code_while_that_is_deleted_is_left_with_it(project, store, recorded, monkeypatch):
    archive = pack(project({"a.py": ""}))
    first = recorded(archive.digest)
    publish(archive, store, print)
    delete = LocalFiles.delete
    notices = []

    def start_another(self, prefix):
        if prefix == archive_key(archive.digest):
            recorded(archive.digest)
            publish(archive, store, notices.append)
        delete(self, prefix)

    monkeypatch.setattr(LocalFiles, "delete", start_another)
    delete_run(store, first)
    assert "stored before" in notices[0]
    assert store.read(archive_key(archive.digest)) == archive.data
