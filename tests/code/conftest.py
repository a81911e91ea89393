import subprocess
from pathlib import Path

import pytest

from podium.core.artifacts.local import LocalFiles


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep the user's own folders, stores and git settings out of it."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "podium home"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


@pytest.fixture
def project(tmp_path):
    """Return a function that writes files, by path, into a folder which it returns."""

    def write(files: dict[str, str], folder: str = "project") -> Path:
        root = tmp_path / folder
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return write


@pytest.fixture
def git():
    """Return a function that runs git in a folder."""

    def call(folder: Path, *arguments: str) -> str:
        command = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org", *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    return call
