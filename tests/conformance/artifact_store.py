"""What every artifact store promises; a store's test class inherits the suite and gives the `store` fixture."""

import os
import signal
import subprocess
import sys
import time

import pytest

from podium.core.artifacts.open import open_store
from podium.core.contracts.artifact_store import ArtifactStore
from podium.core.errors import ConflictError, UsageError

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
HOSTILE_KEYS = ["", "/", "/etc/passwd", "..", "../up", "a/../../up", "a/..", ".", "a/./b", "a//b", "a/", "a\0b"]
ODD_KEYS = ["with space/and%2Fquote", "ünïcode/名", "line\nbreak", ".hidden", "...", "-rf", "$HOME", "n" * 200]
OPEN = "import sys, time; from podium.core.artifacts.open import open_store; store = open_store(sys.argv[1])\n"


def other_process(store: ArtifactStore, code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", OPEN + code, store.url, *arguments], stdout=subprocess.PIPE)


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
        calls = [store.read, store.exists, store.delete, store.fetched, store.open_log, store.read_log]
        for call in calls:
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
while time.time() < float(sys.argv[2]): pass
print(store.create("race/k", sys.argv[3].encode() * 1000))
"""
        start = str(time.time() + 0.7)
        racers = [other_process(store, code, start, str(number)) for number in range(8)]
        said = [racer.communicate()[0].strip() for racer in racers]
        assert sorted(said) == [b"False"] * 7 + [b"True"]
        assert store.read("race/k") == str(said.index(b"True")).encode() * 1000
        assert list(store.names("race")) == ["k"]

    def test_a_duplicate_outlives_its_source(self, store):
        store.write("runs/1", b"record")
        assert store.duplicate("runs/1", "cache/k")
        store.delete("runs/1")
        assert store.read("cache/k") == b"record"

    def test_a_duplicate_replaces_nothing(self, store):
        store.write("old", b"old")
        store.write("new", b"new")
        assert not store.duplicate("new", "old")
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
        assert (store.fetched("a/folder") / "in/file").read_bytes() == b"whole"
        assert store.read("a/folder/in/file") == b"whole"

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
        assert open_store(store.url).read("k") == b"here"

    def test_a_log_grows_while_it_is_read(self, store):
        descriptor = store.open_log("run/step.log")
        try:
            os.write(descriptor, b"one\n")
            assert store.read_log("run/step.log") == b"one\n"
            os.write(descriptor, b"two\n")
            assert store.read_log("run/step.log", 4) == b"two\n"
            assert store.read_log("run/step.log", 99) == b""
        finally:
            os.close(descriptor)
