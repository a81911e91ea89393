"""What git says of a folder, for a run to record."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

PATIENCE = 10.0  # seconds
_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


class Commit(NamedTuple):
    """The commit that is checked out, None before the first one; `dirty` when a folder's files are not as in it."""

    commit: str | None
    dirty: bool


def read_commit(folder: Path) -> Commit | None:
    """Ask git, which changes nothing, asks nobody and fetches nothing for it.

    None outside repositories, without git, for a repository that git does not trust, and when git takes too long.
    """
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    environment = {name: value for name, value in os.environ.items() if name not in _PLACES} | quiet
    command = [
        "git",
        "-C",
        str(folder),
        "-c",
        "core.fsmonitor=false",
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        ".",
    ]
    try:
        told = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    lines = told.decode(errors="replace").split("\0")
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "")
    return Commit(commit if commit.isalnum() else None, any(line and not line.startswith("# ") for line in lines))
