import os
import stat
from pathlib import Path

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.transfer import load_value, save_value
from podium.core.errors import PodiumError


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "made by a step"
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "sub" / "data.csv").write_text("1,2")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    return folder


def test_a_file_keeps_name_and_content(store, folder):
    loaded = load_value(store, save_value(store, "run/file", folder / "sub" / "data.csv"))
    assert (type(loaded), loaded.name, loaded.read_text()) == (type(folder), "data.csv", "1,2")


def test_a_folder_keeps_all_it_holds(store, folder):
    loaded = load_value(store, save_value(store, "run/folder", folder))
    assert loaded.name == "made by a step"
    assert sorted(str(found.relative_to(loaded)) for found in loaded.rglob("*")) == [
        "run.sh",
        "sub",
        "sub/data.csv",
        "sub/empty",
    ]


def test_it_is_a_copy_of_its_own(store, folder):
    record = save_value(store, "run/folder", folder)
    (folder / "sub" / "data.csv").write_text("changed")
    assert (load_value(store, record) / "sub" / "data.csv").read_text() == "1,2"


def test_files_are_read_only_and_stay_executable(store, folder):
    loaded = load_value(store, save_value(store, "run/folder", folder))
    assert stat.S_IMODE((loaded / "run.sh").stat().st_mode) == 0o555
    assert stat.S_IMODE((loaded / "sub" / "data.csv").stat().st_mode) & 0o222 == 0


def test_links_are_followed(store, folder):
    (folder / "link").symlink_to("sub/data.csv")
    loaded = load_value(store, save_value(store, "run/link", folder / "link"))
    assert (loaded.name, loaded.is_symlink(), loaded.read_text()) == ("link", False, "1,2")


def test_the_working_folder_goes_by_its_own_name(store, folder, monkeypatch):
    monkeypatch.chdir(folder / "sub")
    assert load_value(store, save_value(store, "1", Path())).name == "sub"
    assert load_value(store, save_value(store, "2", Path(".."))).name == "made by a step"


def test_equal_folders_have_equal_digests(store, folder):
    first = save_value(store, "1", folder)
    os.utime(folder / "run.sh", (0, 0))
    assert save_value(store, "2", folder).digest == first.digest
    (folder / "sub" / "data.csv").write_text("3,4")
    assert save_value(store, "3", folder).digest != first.digest


def test_paths_in_containers_are_copied_too(store, folder):
    loaded = load_value(store, save_value(store, "1", {"report": folder / "run.sh"}), trust=False)
    assert loaded["report"].read_text() == "#!/bin/sh\n"


def test_a_path_to_nothing_is_an_error_that_says_what_to_return(store, tmp_path):
    with pytest.raises(PodiumError, match=r"there is no file or folder .*missing.*\n(.*\n)?hint: .*return str\(path\)"):
        save_value(store, "run/file", tmp_path / "missing")
    assert store.names("run") == []
