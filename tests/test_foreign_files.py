import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.core import foreign_files
from podium.core.errors import ConflictError, PodiumError
from podium.core.foreign_files import change_file


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    path = tmp_path / "folder" / "config"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: change_file(path, lambda text: f"{text}{number}\n"), range(40)))
    assert sorted(map(int, path.read_text().split())) == list(range(40))
    assert [found.name for found in path.parent.iterdir()] == ["config"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_lock_that_another_holds_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(foreign_files, "PATIENCE", 0.2)
    path, held, over = tmp_path / "config", threading.Event(), threading.Event()

    def hold(text: str) -> str:
        held.set()
        over.wait(10)
        return text

    holder = threading.Thread(target=change_file, args=(path, hold))
    holder.start()
    held.wait(10)
    try:
        with pytest.raises(ConflictError, match=r"if there is none, remove .*config\.lock"):
            change_file(path, str.upper)
    finally:
        over.set()
        holder.join()


def test_a_change_that_fails_leaves_the_file_and_no_lock(tmp_path):
    path = tmp_path / "config"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        change_file(path, lambda text: str(1 / (len(text) - 3)))
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("config", "old")]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PodiumError, match="file/config cannot be changed"):
        change_file(tmp_path / "file" / "config", str.upper)
