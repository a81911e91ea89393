"""podium as a wheel: the one that a build makes, the same from everywhere, and another for each change."""

import base64
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest

from podium import __version__
from podium.core.images.podium_wheel import podium_wheel

ROOT = Path(__file__).parents[2]
PRINT = (
    "from podium.core.images.podium_wheel import podium_wheel; import hashlib;"
    "wheel = podium_wheel(); print(wheel.name, hashlib.sha256(wheel.data).hexdigest())"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder in which a wheel that hatchling built is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next((folder / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def made_by(*path):
    """Return the wheel that podium makes when it is found on a path, before all that this interpreter has."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", PRINT], env=environment, check=True, capture_output=True
    ).stdout.decode()


def test_it_holds_what_a_build_puts_into_one(installed):
    with zipfile.ZipFile(io.BytesIO(podium_wheel().data)) as wheel:
        found = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    modules = [path for path in (installed / "podium").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert found == {path.relative_to(installed).as_posix(): path.read_bytes() for path in modules}


def test_it_is_the_same_from_a_checkout_and_from_an_installation(installed, tmp_path):
    [metadata] = installed.glob("*.dist-info")
    shutil.copytree(metadata, tmp_path / metadata.name)
    assert made_by(installed) == made_by(ROOT / ".src", tmp_path)


def test_a_change_makes_another_version(installed, tmp_path):
    before = made_by(installed)
    shutil.copytree(installed, tmp_path / "site")
    with (tmp_path / "site/podium/core/names.py").open("a") as file:
        file.write("# changed\n")
    assert made_by(tmp_path / "site").split()[0] != before.split()[0]


def test_its_metadata_is_what_podium_declares():
    with zipfile.ZipFile(io.BytesIO(podium_wheel().data)) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        metadata = Parser().parsestr(wheel.read(name).decode())
    own = distribution("podium").metadata
    assert metadata["Version"].startswith(f"{__version__}+b")
    assert [metadata.get_all(key) for key in ("Requires-Dist", "Provides-Extra", "Requires-Python")] == [
        own.get_all(key) for key in ("Requires-Dist", "Provides-Extra", "Requires-Python")
    ]


def test_its_record_has_the_digest_of_each_file():
    with zipfile.ZipFile(io.BytesIO(podium_wheel().data)) as wheel:
        [record] = [name for name in wheel.namelist() if name.endswith("/RECORD")]
        rows = {path: (digest, size) for path, digest, size in csv.reader(io.StringIO(wheel.read(record).decode()))}
        for name in set(wheel.namelist()) - {record}:
            digest = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).decode().rstrip("=")
            assert rows.pop(name) == (f"sha256={digest}", str(len(wheel.read(name))))
    assert rows == {record: ("", "")}


def test_the_python_that_images_need_is_the_one_that_podium_needs():
    from podium.core.images.dockerfile import _PYTHON

    [major, minor] = re.search(r"\((\d+), (\d+)\)", _PYTHON).groups()
    assert distribution("podium").metadata["Requires-Python"] == f">={major}.{minor}"
