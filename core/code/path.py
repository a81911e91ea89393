"""Where steps find modules: folders of sys.path that are part of the code."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def code_path(file: Path | None, root: Path) -> tuple[str, ...]:
    """Return folders, relative to the source root, that belong on sys.path where the code is unpacked.

    They are the pipeline file's own, the root, and what is on sys.path here (`PYTHONPATH=src`, a project installed as
    editable), but for where packages are installed.
    """
    top = os.path.realpath(root)
    installed = [prefix for prefix in map(os.path.realpath, (sys.prefix, sys.base_prefix)) if _below(top, prefix)]
    here = [os.path.realpath(folder) for folder in sys.path]
    project = [
        folder
        for folder in here
        if _below(top, folder)
        and os.path.isdir(folder)
        and not {"site-packages", "dist-packages"}.intersection(Path(folder).parts)
        and not any(_below(prefix, folder) for prefix in installed)
    ]
    beside = [os.path.realpath(file.parent)] if file else []
    return tuple(dict.fromkeys(os.path.relpath(folder, top) for folder in (*beside, top, *project)))


def _below(folder: str, path: str) -> bool:
    return os.path.commonpath((folder, path)) == folder and folder != path
