"""Installs and uninstalls the packages of integrations, with uv when it is there and pip otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from ..errors import MissingToolError, PodiumError
from ..files import make_private_folder
from .catalog import Integration, requirements
from .environment import Environment, by_environment, is_installed


def install(wanted: Iterable[Integration], *, upgrade: bool = False) -> None:
    """Install all that some integrations need; raise PodiumError when the installer fails.

    The installer is told what else has to stay in order: podium's own requirements and those of the integrations that
    are there. podium itself it is never asked for, so no package index can replace it.
    """
    for environment, members in by_environment(wanted).items():
        kept = [each for each in environment.members if each not in members and is_installed(each)]
        asked = [needed for each in [*members, *kept] for needed in requirements(each)]
        asked += requirements() if environment.folder is None else ()
        new = environment.folder is not None and not environment.python.exists()
        try:
            if new:
                _create(environment)
            _run(environment, "install", [*(["--upgrade"] if upgrade else []), *map(str, asked)])
        except BaseException:
            if new and environment.folder:
                shutil.rmtree(environment.folder, ignore_errors=True)
            raise


def uninstall(environment: Environment, packages: Sequence[str]) -> None:
    """Uninstall packages, or with none of them the whole environment."""
    if packages:
        _run(environment, "uninstall", packages)
    elif environment.folder:
        shutil.rmtree(environment.folder)


def _create(environment: Environment) -> None:
    import os
    import venv

    assert environment.folder is not None
    make_private_folder(environment.folder.parent)
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(environment.folder)


def _run(environment: Environment, verb: str, args: Sequence[str]) -> None:
    """Run the installer, what it prints going to stderr."""
    quiet = [] if sys.stderr and sys.stderr.isatty() else ["--quiet"]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", verb, "--python", str(environment.python), *quiet, *args]
    elif find_spec("pip"):
        target = ["--python", str(environment.python)] if environment.folder else []
        command = [sys.executable, "-m", "pip", *target, verb, *quiet, *args]
        command += ["--yes"] if verb == "uninstall" else []
    else:
        raise MissingToolError("neither uv nor pip is installed", hint=f"{sys.executable} -m ensurepip")
    code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode
    if code:
        raise PodiumError(
            f"{'uv' if uv else 'pip'} {verb} failed with exit code {code}; what it said is above",
            where=str(environment.folder or environment.python),
        )
