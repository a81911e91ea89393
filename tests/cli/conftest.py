import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from podium.cli.main import run
from podium.core.sdk.options import NO_OPTIONS


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Give each test an empty configuration and an empty working directory."""
    for name in [name for name in os.environ if name.startswith("PODIUM_")] + ["CI"]:
        if name != "PODIUM_TEST_SCALE":
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("podium.core.sdk.options._options", NO_OPTIONS)
    monkeypatch.setattr("podium.core.sdk.options._taken", False)
    folder = tmp_path / "home"
    monkeypatch.setenv("PODIUM_HOME", str(folder))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def podium(capsys):
    """Run a command line in this process."""

    def call(line: str, *more: str) -> Result:
        code = run([*line.split(), *more])
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def process():
    """Run a command line in a process of its own, with stdin closed."""

    def call(*args: str, **options) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "podium", *args]
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 30} | options
        return subprocess.run(command, check=False, **options)

    return call


@pytest.fixture
def files(home: Path):
    """Return the names of all files of the configuration but the lock."""
    return lambda: sorted(
        str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path.name != ".lock"
    )


@pytest.fixture
def refused(home: Path, podium):
    """Run a command line that prints no result and changes nothing."""

    def call(line: str) -> Result:
        before = {path: path.read_bytes() for path in home.rglob("*.yaml")}
        result = podium(line)
        assert result.out == ""
        assert {path: path.read_bytes() for path in home.rglob("*.yaml")} == before
        return result

    return call
