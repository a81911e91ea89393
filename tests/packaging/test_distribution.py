"""What users install: the same modules from the checkout, from the sdist, and in the tree."""

import configparser
import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("cli", "core", "flavors", "connectors")


def build(source: Path, into: Path, *targets: str) -> None:
    chosen = [part for target in targets for part in ("-t", target)]
    command = [sys.executable, "-m", "hatchling", "build", "-d", os.fspath(into), *chosen]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sdist and the wheel of this checkout, and in `again` the wheel of the unpacked sdist."""
    into = tmp_path_factory.mktemp("dist")
    build(ROOT, into, "sdist", "wheel")
    unpack = [sys.executable, "-m", "tarfile", "-e", next(into.glob("*.tar.gz")), into / "unpacked"]
    subprocess.run(unpack, check=True, capture_output=True)
    build(next((into / "unpacked").iterdir()), into / "again", "wheel")
    return into


def tree() -> set[str]:
    files = [ROOT / name for name in ("__init__.py", "__main__.py", "py.typed")]
    files += [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.is_file()]
    return {f"podium/{file.relative_to(ROOT).as_posix()}" for file in files if file.suffix != ".pyc"}


@pytest.mark.parametrize("folder", [".", "again"], ids=["from the checkout", "from the sdist"])
def test_wheel_holds_the_tree_below_podium_and_nothing_else(built: Path, folder: str):
    with zipfile.ZipFile(next((built / folder).glob("*.whl"))) as wheel:
        assert {name for name in wheel.namelist() if ".dist-info/" not in name} == tree()


def test_sdist_holds_no_links(built: Path):
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        assert [member.name for member in sdist if not member.isfile()] == []


def test_every_entry_point_of_the_wheel_names_an_object_that_exists(built: Path):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
        declared = configparser.ConfigParser()
        declared.read_string(wheel.read(name).decode())
    installed = {(point.group, point.name): point for point in distribution("podium").entry_points}
    points = [(group, name) for group in declared.sections() for name in declared[group]]
    assert ("console_scripts", "podium") in points
    assert all(callable(installed[point].load()) for point in points)
