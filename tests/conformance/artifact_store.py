"""What every artifact store promises; a store's test class inherits the suite and gives the `store` fixture."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from conformance.workspace import eventually

from podium.core import registry
from podium.core.artifacts.open import open_store
from podium.core.contracts.artifact_store import ArtifactStore
from podium.core.errors import ConflictError, UsageError
from podium.core.validation import validated

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
HOSTILE_KEYS = ["", "/", "/etc/passwd", "..", "../up", "a/../../up", "a/..", ".", "a/./b", "a//b", "a/", "a\0b"]
ODD_KEYS = ["with space/and%2Fquote", "ünïcode/名", ".hidden", "...", "-rf", "$HOME", "n" * 200]
OPEN = """
import json, sys, time
from podium.core.artifacts.open import open_store
store = open_store(sys.argv[1], json.loads(sys.stdin.readline()))
"""
HOLD = """
with store.lock("runs/1/lock") as held:
    print(held is not None, flush=True)
    if held is not None:
        sys.stdin.readline()
        print(held.lost, flush=True)
"""


@contextmanager
def opened(name: str, config: Mapping[str, object]) -> Iterator[ArtifactStore]:
    """Open a store of a flavor as one with these fields, for the length of the block."""
    flavor = registry.load("artifact-store", name)
    store = flavor("s", validated(flavor.config_class, config, subject="s", where="test")).open()
    yield store
    store.release()


def other_process(store: ArtifactStore, code: str, *arguments: str) -> subprocess.Popen:
    """Start a process that has opened the store, with options that no other process can read."""
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN + code, store.url, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    process.stdin.write(json.dumps(dict(store.options)).encode() + b"\n")
    return process


def finish(process: subprocess.Popen) -> bytes:
    """Have a process that waits go on; return what it then says."""
    return process.communicate(b"go on\n")[0].strip()


class ArtifactStoreConformance:
    @pytest.mark.parametrize("data", [b"", b"x", b"\0\xff" * 600_000], ids=["empty", "short", "long"])
    def test_what_is_written_is_read(self, store, data):
        store.write("a/b/c", data)
        assert store.read("a/b/c") == data

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_odd_keys_are_kept_as_they_are(self, store, key):
        store.write(key, b"1")
        assert store.read(key) == b"1"
        assert list(store.names("")) == [key.split("/")[0]]

    @pytest.mark.parametrize("key", HOSTILE_KEYS)
    def test_keys_that_would_leave_the_store_are_refused(self, store, key):
        calls = [store.read, store.exists, store.delete, store.fetched, store.open_log, store.log_writer]
        for call in [*calls, store.read_log, store.lock, store.is_locked]:
            with pytest.raises(UsageError, match="cannot name an object"):
                call(key)
        for write in (store.write, store.create):
            with pytest.raises(UsageError, match="cannot name an object"):
                write(key, b"")
        with pytest.raises(UsageError, match="cannot name an object"), store.staged(key):
            pass

    def test_what_is_not_there_cannot_be_read(self, store):
        for read in (store.read, store.fetched, store.read_log):
            with pytest.raises(FileNotFoundError):
                read("no/such")

    def test_create_keeps_what_exists(self, store):
        assert store.create("k", b"first")
        assert not store.create("k", b"second")
        assert store.read("k") == b"first"

    def test_of_concurrent_creators_one_wins(self, store):
        code = """
print(store.exists("race"), flush=True)
sys.stdin.readline()
print(store.create("race/k", sys.argv[2].encode() * 1000))
"""
        racers = [other_process(store, code, str(number)) for number in range(4)]
        assert {racer.stdout.readline() for racer in racers} == {b"False\n"}
        for racer in racers:
            racer.stdin.write(b"go\n")
        said = [racer.communicate()[0].strip() for racer in racers]
        assert sorted(said) == [b"False"] * 3 + [b"True"]
        assert store.read("race/k") == str(said.index(b"True")).encode() * 1000
        assert list(store.names("race")) == ["k"]

    def test_a_duplicate_outlives_its_source(self, store):
        store.write("runs/1", b"record")
        assert store.duplicate("runs/1", "cache/k", b"record")
        store.delete("runs/1")
        assert store.read("cache/k") == b"record"

    def test_a_duplicate_replaces_nothing(self, store):
        store.write("old", b"old")
        store.write("new", b"new")
        assert not store.duplicate("new", "old", b"new")
        assert store.read("old") == b"old"

    def test_names_are_those_directly_below(self, store):
        for key in ("runs/1/header", "runs/1/steps/a", "runs/2/header", "other"):
            store.write(key, b"")
        assert sorted(store.names("runs")) == ["1", "2"]
        assert sorted(store.names("runs/1")) == ["header", "steps"]
        assert sorted(store.names("")) == ["other", "runs"]
        assert list(store.names("absent/below")) == []
        assert list(store.names("other")) == []

    def test_objects_and_folders_exist(self, store):
        store.write("a/b", b"")
        assert [store.exists(key) for key in ("a", "a/b", "a/c", "a/b/c")] == [True, True, False, False]

    def test_delete_takes_all_below_and_nothing_else(self, store):
        for key in ("a/b/1", "a/b/2", "a/bb", "c"):
            store.write(key, b"")
        store.delete("a/b")
        store.delete("c")
        store.delete("never/was")
        assert sorted(store.names("")) == ["a"]
        assert list(store.names("a")) == ["bb"]

    def test_a_name_that_looks_like_a_pattern_is_none(self, store):
        keys = ["runs/1*/a", "runs/12/a", "runs/[12]/a", "runs/1/a", "runs/1?/a"]
        for key in keys:
            store.write(key, key.encode())
        assert store.read_many(keys) == [key.encode() for key in keys]
        for name in ("1*", "[12]", "1?"):
            store.delete(f"runs/{name}")
        assert sorted(store.names("runs")) == ["1", "12"]

    def test_a_staged_file_appears_at_the_end_of_the_block(self, store):
        with store.staged("a/file") as path:
            path.write_bytes(b"whole")
            assert not store.exists("a/file")
            assert list(store.names("a")) == []
        assert store.read("a/file") == b"whole"

    def test_a_staged_folder_appears_at_the_end_of_the_block(self, store):
        with store.staged("a/folder") as path:
            (path / "in").mkdir(parents=True)
            (path / "in/file").write_bytes(b"whole")
            assert not store.exists("a/folder")
        assert store.exists("a/folder")
        assert list(store.names("a")) == ["folder"]
        assert (store.fetched("a/folder") / "in/file").read_bytes() == b"whole"

    def test_what_was_fetched_can_be_fetched_again_after_it_was_released(self, store):
        store.write("a/file", b"1")
        for _ in range(2):
            assert store.fetched("a/file").read_bytes() == b"1"
            store.release()
        assert store.read("a/file") == b"1"

    def test_a_staged_folder_replaces_none(self, store):
        for content in ("first", "second"):
            try:
                with store.staged("a/folder") as path:
                    path.mkdir()
                    (path / "file").write_text(content)
            except ConflictError:
                assert content == "second"
        assert (store.fetched("a/folder") / "file").read_text() == "first"

    def test_a_stored_folder_is_deleted_whole(self, store):
        with store.staged("a/folder") as path:
            path.mkdir()
            (path / "file").touch()
        store.delete("a/folder")
        assert not store.exists("a/folder")

    def test_objects_are_read_many_at_once_in_order(self, store):
        for name in "abc":
            store.write(f"many/{name}", name.encode())
        assert store.read_many([]) == []
        assert store.read_many(["many/c", "many/a", "many/b"]) == [b"c", b"a", b"b"]
        assert store.read_many(["many/d", "many/a"]) == [None, b"a"]

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
    def test_a_staged_block_left_by_an_exception_leaves_nothing(self, store, error):
        def interrupted():
            with store.staged("a/folder") as path:
                path.mkdir()
                (path / "half").write_bytes(b"half")
                raise error

        with pytest.raises(error):
            interrupted()
        assert not store.exists("a/folder")
        assert list(store.names("a")) == []

    def test_staging_never_replaces(self, store):
        store.write("k", b"first")
        with pytest.raises(ConflictError), store.staged("k") as path:
            path.write_bytes(b"second")
        assert store.read("k") == b"first"
        assert list(store.names("")) == ["k"]

    def test_a_writer_killed_while_staging_leaves_nothing_visible(self, store):
        code = """
with store.staged("a/big") as path:
    path.write_bytes(bytes(1 << 20))
    print("half way", flush=True)
    time.sleep(60)
"""
        writer = other_process(store, code)
        assert writer.stdout.readline() == b"half way\n"
        writer.kill()
        writer.communicate()
        assert not store.exists("a/big")
        assert list(store.names("a")) == []

    def test_a_writer_killed_at_any_instant_leaves_only_whole_objects(self, store):
        code = """
number = 0
while True:
    store.write(f"w/{number}", bytes(300_000))
    store.create(f"c/{number}", bytes(300_000))
    print(number, flush=True)
    number += 1
"""
        for round_ in range(max(1, round(2 * SCALE))):
            writer = other_process(store, code)
            assert writer.stdout.readline() == b"0\n"
            time.sleep(0.003 * (round_ + 1))
            writer.send_signal(signal.SIGKILL)
            last = writer.communicate()[0].split()
            for folder in ("w", "c"):
                names = list(store.names(folder))
                assert len(names) >= len(last)
                assert {len(store.read(f"{folder}/{name}")) for name in names} == {300_000}
                store.delete(folder)

    def test_another_process_opens_it_by_its_url(self, store):
        store.write("k", b"here")
        assert open_store(store.url, store.options).read("k") == b"here"

    def test_a_log_grows_while_it_is_read(self, store):
        log = store.log_writer("run/step.log")
        log.write(b"one\n")
        assert eventually(lambda: self.logged(store, "run/step.log")) == b"one\n"
        log.write(b"tw")
        log.write(b"o\n")
        log.close()
        assert store.read_log("run/step.log") == b"one\ntwo\n"
        assert [store.read_log("run/step.log", offset) for offset in (2, 4, 5, 99)] == [
            b"e\ntwo\n",
            b"two\n",
            b"wo\n",
            b"",
        ]
        assert list(store.names("run")) == ["step.log"]

    @staticmethod
    def logged(store, key) -> bytes:
        """Return what a log holds so far; nothing when it has not begun."""
        try:
            return store.read_log(key)
        except FileNotFoundError:
            return b""

    def test_a_log_can_be_empty(self, store):
        store.log_writer("run/step.log").close()
        assert store.read_log("run/step.log") == b""

    def test_a_file_that_takes_a_log_is_read_as_one(self, store):
        descriptor = store.open_log("run/step.log")
        if descriptor is None:
            assert store.remote
            return
        try:
            os.write(descriptor, b"one\n")
            assert store.read_log("run/step.log") == b"one\n"
        finally:
            os.close(descriptor)

    def test_one_process_holds_a_lock_and_lets_go_at_once(self, store):
        store.write("runs/1/run.json", b"")
        assert not store.is_locked("runs/1/lock")
        with store.lock("runs/1/lock") as held:
            assert not held.lost
            assert store.is_locked("runs/1/lock")
            with other_process(store, HOLD) as other:
                assert other.stdout.readline() == b"False\n"
        assert not store.is_locked("runs/1/lock")
        with store.lock("runs/1/lock") as again:
            assert again is not None

    def test_a_lock_is_not_changed_by_a_look(self, store):
        store.write("runs/1/run.json", b"")
        store.is_locked("runs/1/lock")
        assert list(store.names("runs/1")) == ["run.json"]
        with store.lock("runs/1/lock"):
            before = sorted(store.names("runs/1/lock"))
            store.is_locked("runs/1/lock")
            assert sorted(store.names("runs/1/lock")) == before

    def test_a_lock_of_a_process_that_lives_stays_its_own(self, store):
        store.write("runs/1/run.json", b"")
        with other_process(store, HOLD) as other:
            assert other.stdout.readline() == b"True\n"
            deadline = time.monotonic() + self.OUTLIVED
            while time.monotonic() < deadline:
                assert store.is_locked("runs/1/lock")
                with store.lock("runs/1/lock") as held:
                    assert held is None
                time.sleep(0.3)
            assert finish(other) == b"False"
        assert not store.is_locked("runs/1/lock")

    def test_a_lock_of_a_killed_process_can_be_taken(self, store):
        store.write("runs/1/run.json", b"")
        with other_process(store, HOLD) as other:
            assert other.stdout.readline() == b"True\n"
            other.kill()
        eventually(lambda: not store.is_locked("runs/1/lock"))
        with store.lock("runs/1/lock") as held:
            assert held is not None

    def test_of_those_who_want_the_lock_of_the_dead_one_gets_it(self, store):
        store.write("runs/1/run.json", b"")
        with other_process(store, HOLD) as dead:
            assert dead.stdout.readline() == b"True\n"
            dead.kill()
        eventually(lambda: not store.is_locked("runs/1/lock"))
        others = [other_process(store, HOLD) for _ in range(3)]
        said = [other.stdout.readline() for other in others]
        assert sorted(said) == [b"False\n", b"False\n", b"True\n"]
        assert {finish(other) for other in others} == {b"", b"False"}

    OUTLIVED = 1.0
    """Seconds after which a lock that nobody keeps up is lost, and some more."""


class RemoteStoreConformance(ArtifactStoreConformance):
    """What more is promised of a store that only the network reaches."""

    OUTLIVED = 7.0

    @pytest.fixture(autouse=True)
    def _short_lease(self, monkeypatch):
        monkeypatch.setenv("PODIUM_STORE_LEASE", "5")

    def test_a_holder_that_stood_still_for_long_has_lost_the_lock(self, store):
        store.write("runs/1/run.json", b"")
        with other_process(store, HOLD) as zombie:
            assert zombie.stdout.readline() == b"True\n"
            zombie.send_signal(signal.SIGSTOP)
            eventually(lambda: not store.is_locked("runs/1/lock"))
            with store.lock("runs/1/lock") as held:
                zombie.send_signal(signal.SIGCONT)
                assert finish(zombie) == b"True"
                assert store.is_locked("runs/1/lock")
                assert not held.lost

    def test_nothing_is_ever_overwritten(self, store):
        store.write("k", b"first")
        store.write("k", b"first")
        with pytest.raises(ConflictError, match="none is ever replaced"):
            store.write("k", b"second")
        assert store.read("k") == b"first"

    def test_a_fork_has_connections_of_its_own(self, store):
        store.write("k", b"before")
        child = os.fork()
        if child == 0:
            os._exit(store.read("k") != b"before")
        assert os.waitpid(child, 0)[1] == 0
        assert store.read("k") == b"before"

    def test_a_large_file_comes_back_as_it_was(self, store):
        data = os.urandom(1 << 20) * 21
        with store.staged("large") as path:
            path.write_bytes(data)
        assert store.fetched("large").read_bytes() == data
