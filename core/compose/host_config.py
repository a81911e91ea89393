"""What every flavor has that runs pipelines with Docker Compose on a host reached over SSH: fields, capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from ..contracts.component import About, Settings
from ..contracts.orchestrator import Capabilities

ON_COMPOSE_HOST = Capabilities(
    granularity="graph",
    remote=True,
    images=True,
    gpus=True,
    schedules=True,
    detached=True,
)


def _line(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if not text.isprintable():
        raise ValueError("must be one line, without control characters")
    return text


def absolute_paths(mounts: Mapping[str, str]) -> Mapping[str, str]:
    """Return mounts; raise ValueError for one that is not from an absolute path to another."""
    for path in (*mounts, *mounts.values()):
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no absolute path, as all must be")
    return mounts


class ComposeHostConfig(Settings):
    """How a host is used."""

    remote_workdir: Annotated[
        str,
        About("Folder on the host for the files of runs; below the user's home unless it is absolute.", then=_line),
    ] = "podium-runs"
    docker_binary: Annotated[str, About("Docker's command-line program on the host.", then=_line)] = "docker"
    cleanup_after_days: Annotated[
        float, About("Days that the files of a finished run are kept on the host, where they are cleaned up.", gt=0)
    ] = 7
    minimum_free_disk_gb: Annotated[float, About("GB that must be free on the host for a run to start.", ge=0)] = 5
    overlapping_runs: Annotated[
        bool, About("Let a schedule start a run while its last one goes on; else that turn is left out.")
    ] = False
