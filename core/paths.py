"""Where podium keeps what belongs to the user and not to a project."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def config_home() -> Path:
    """Return the folder of components, stacks and other configuration: `PODIUM_HOME`, else the user's config folder."""
    home = os.environ.get("PODIUM_HOME")
    if home:
        return Path(home).expanduser().absolute()
    folder = _xdg_folder("XDG_CONFIG_HOME", ".config")
    if folder is not None:
        return folder
    from platformdirs import user_config_path

    return user_config_path("podium")


def default_store_path() -> Path:
    """Return the folder of the default artifact store: below `PODIUM_HOME`, else in the user's data folder."""
    if os.environ.get("PODIUM_HOME"):
        return config_home() / "artifacts"
    folder = _xdg_folder("XDG_DATA_HOME", ".local/share")
    if folder is None:
        from platformdirs import user_data_path

        folder = user_data_path("podium")
    return folder / "artifacts"


def driver_log_path(run_id: str) -> Path:
    """Return the file for what a detached driver says of a run whose records are no files of this machine."""
    return default_store_path().with_name("drivers") / f"{run_id}.log"


def _xdg_folder(variable: str, in_home: str) -> Path | None:
    """Return podium's folder as platformdirs does on Linux, without its import, which takes longer than most commands.

    None elsewhere, and without a usable HOME. https://specifications.freedesktop.org/basedir-spec: a path that is not
    absolute is ignored.
    """
    if sys.platform == "linux":
        given, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
        if given.startswith("/"):
            return Path(given, "podium")
        if home.startswith("/"):
            return Path(home, in_home, "podium")
    return None
