import os
import subprocess
import sys
from pathlib import Path

import pytest

from podium.core.errors import ConflictError
from podium.core.files import locked, replace_file

HOLD = """
import sys, time
from pathlib import Path
from podium.core.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_of_a_living_process_is_waited_for_and_of_a_dead_one_is_free(tmp_path):
    path = tmp_path / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=str(path)), locked(path, timeout=0.1):
            pass
        holder.kill()
    with locked(path, timeout=5):
        assert path.exists()


def test_what_a_killed_writer_left_is_replaced(tmp_path):
    (tmp_path / ".new").write_bytes(b"half a fi")
    replace_file(tmp_path / "file", b"whole")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"whole"}


def test_a_readers_open_file_keeps_the_old_content(tmp_path):
    path = tmp_path / "file"
    replace_file(path, b"old")
    with path.open("rb") as reader:
        replace_file(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_the_content_is_on_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), real_sync(fd)))
    monkeypatch.setattr(Path, "replace", lambda *paths: (done.append("rename"), real_replace(*paths)))
    replace_file(tmp_path / "file", b"data")
    assert done == ["sync", "rename", "sync"]
