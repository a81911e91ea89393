import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.open import open_store
from podium.core.contracts.component import Finding
from podium.core.errors import PodiumError, UsageError
from podium.flavors.local_artifact_store import LocalArtifactStore, LocalArtifactStoreConfig

PARTS = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(PARTS.filter(lambda part: part not in {".", ".."}), min_size=1, max_size=4))
def test_a_store_of_any_path_is_reopened_by_its_url(parts):
    path = Path("/", *parts)
    url = LocalFiles(path).url
    assert url.isascii()
    assert open_store(url).path("k") == path / "k"


def test_a_path_that_is_no_text_survives_in_the_url():
    path = Path(os.fsdecode(b"/caf\xe9"))
    assert open_store(LocalFiles(path).url).path("k") == path / "k"


@pytest.mark.parametrize("url", ["ftp://bucket/x", "file://host/x", "/plain", "file:relative", ""])
def test_other_urls_are_refused(url):
    with pytest.raises(UsageError, match="no artifact store is known"):
        open_store(url)


@pytest.mark.parametrize(
    "value",
    [
        "b'x' * 3_000_000",
        "numpy.zeros(3_000_000)",
        "[numpy.zeros(3_000_000)]",
        "pandas.DataFrame({'a': numpy.zeros(3_000_000)})",
        "'x' * 3_000_000",
        "types.SimpleNamespace(data=b'x' * 3_000_000)",
        "pathlib.Path(sys.argv[2])",
        "pathlib.Path(sys.argv[2]).parent",
    ],
)
def test_no_space_left_is_said_and_leaves_nothing(tmp_path, value):
    """A limit on file sizes fails the write in the kernel half way, as a full disk does."""
    store = LocalFiles(tmp_path / "store")
    source = tmp_path / "folder" / "big"
    source.parent.mkdir()
    source.write_bytes(bytes(3_000_000))
    code = f"""
import pathlib, resource, sys, types, numpy, pandas
from podium.core.artifacts.open import open_store
from podium.core.artifacts.transfer import save_value
from podium.core.errors import PodiumError
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    save_value(open_store(sys.argv[1]), "run/step", {value})
except PodiumError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, store.url, str(source)], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("no space left to store an artifact"), said.stderr
    assert f"at {store.path('run')}" in said.stdout
    assert "hint: free some space" in said.stdout
    assert list(store.path("run").iterdir()) == []


def test_a_folder_in_the_way_is_an_error_that_names_the_path(tmp_path):
    store = LocalFiles(tmp_path)
    store.write("a", b"an object, not a folder")
    with pytest.raises(PodiumError, match="Not a directory") as failed:
        store.write("a/b", b"")
    assert failed.value.where == str(tmp_path / "a/b")


def test_names_for_unfinished_objects_cannot_be_taken(tmp_path):
    with pytest.raises(UsageError):
        LocalFiles(tmp_path).write("a/.unfinished-1/b", b"")


class TestFlavor:
    def test_the_default_folder_is_below_podium_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
        store = LocalArtifactStore("default", LocalArtifactStoreConfig()).open()
        assert store.path("k") == tmp_path / "artifacts" / "k"

    def test_a_relative_path_means_the_folder_it_was_registered_in(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        config = LocalArtifactStoreConfig(path="here")
        monkeypatch.chdir("/")
        assert LocalArtifactStore("s", config).path == tmp_path / "here"

    def test_a_folder_that_can_be_made_passes_the_check(self, tmp_path):
        store = LocalArtifactStore("s", LocalArtifactStoreConfig(path=tmp_path / "not" / "yet"))
        assert list(store.check()) == []
        assert not (tmp_path / "not").exists()

    def test_a_file_in_the_way_fails_the_check(self, tmp_path):
        file = tmp_path / "file"
        file.touch()
        (finding,) = LocalArtifactStore("s", LocalArtifactStoreConfig(path=file / "store")).check()
        assert finding == Finding("fail", f"{file} is not a folder", "register an artifact store with another --path")
