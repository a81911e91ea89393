"""Where podium keeps what belongs to the user and not to a project."""

from __future__ import annotations

import os
from pathlib import Path


def config_home() -> Path:
    """Return the folder of components, stacks and other configuration: `PODIUM_HOME`, else the user's config folder."""
    home = os.environ.get("PODIUM_HOME")
    if home:
        return Path(home).expanduser().absolute()
    from platformdirs import user_config_path

    return user_config_path("podium")


def default_store_path() -> Path:
    """Return the folder of the default artifact store: below `PODIUM_HOME`, else in the user's data folder."""
    if os.environ.get("PODIUM_HOME"):
        return config_home() / "artifacts"
    from platformdirs import user_data_path

    return user_data_path("podium") / "artifacts"


def driver_log_path(run_id: str) -> Path:
    """Return the file for what a detached driver says of a run whose records are no files of this machine."""
    return default_store_path().with_name("drivers") / f"{run_id}.log"
