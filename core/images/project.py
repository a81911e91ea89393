"""The dependencies of a pyproject.toml, as a command prints them, as its lock file has them, or as it declares them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..sdk.docker_values import holds_credential

_PATIENCE = 300.0
"""Seconds that an export may take."""
_SAID = 1000
"""Characters, the last ones, to repeat of what a failed export said."""
_UV_EXPORT = (
    *("export", "--locked", "--no-default-groups", "--no-emit-project", "--no-emit-package", "podium"),
    *("--no-header", "--no-annotate", "--format", "requirements-txt"),
)


def project_requirements(pyproject: Path, export: Sequence[str] | None) -> list[str]:
    """Return lines of a requirements file; raise ValueError with the reason why there are none to be had."""
    pyproject = pyproject / "pyproject.toml" if pyproject.is_dir() else pyproject
    if not pyproject.is_file():
        raise ValueError(f"{pyproject.name} is no file")
    folder = pyproject.parent
    if export:
        return _printed([part.replace("{directory}", str(folder)) for part in export], folder)
    if (folder / "uv.lock").exists():
        beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        uv = shutil.which("uv", path=beside)
        if uv is None:
            raise ValueError("uv.lock is read by uv, which is not installed: pip install uv")
        return _printed([uv, *_UV_EXPORT, "--python", sys.executable], folder)
    return _declared(pyproject)


def _printed(command: Sequence[str], folder: Path) -> list[str]:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except OSError as error:
        raise ValueError(f"{name} does not start: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ValueError(f"{name} did not end within {_PATIENCE:g} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        told = "something with credentials in it" if holds_credential(said) else said[-_SAID:] or "nothing"
        raise ValueError(f"{name} ended with exit code {done.returncode} and said: {told}")
    return done.stdout.decode(errors="replace").splitlines()


def _declared(pyproject: Path) -> list[str]:
    project = _read(pyproject).get("project", {})
    instead = "set pyproject_export_command to what prints the requirements"
    if (pyproject.parent / "poetry.lock").exists():
        raise ValueError(f"podium does not read poetry.lock: {instead}")
    if "dependencies" in project.get("dynamic", []):
        raise ValueError(f"the dependencies are dynamic: {instead}")
    if "dependencies" not in project:
        raise ValueError(f"there are no [project] dependencies: {instead}")
    return [str(line) for line in project["dependencies"]]


def _read(pyproject: Path) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        read: dict[str, Any] = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(str(error)) from None
    return read
