"""Everything that a run's folder on the host has before its supervisor starts, as one archive."""

from __future__ import annotations

import io
import shlex
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from .document import compose_file, compose_v2_file, cpu_thousandths

if TYPE_CHECKING:
    from ..contracts.graph_orchestrator import Graph
    from ..contracts.job_orchestrator import Job
    from .document import ServiceOptions

RUN_CONF, MARK = "run.conf", "podium-run"
SCRIPTS = ("supervise.sh", "containers.sh")
RUN_FOLDERS = ("ends", "secrets")
_MARK_TEXT = "podium made this folder, and removes it when it is old.\n"
_TIME = 315_532_800  # 1980: tar warns of 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConf:
    """What the supervisor is told beside the graph.

    `run_id` and `handle` are None in a schedule's folder: each firing appends lines with its own RUN_ID and HANDLE to
    run.conf, where the last one counts. Folders of ended runs are removed `keep_minutes` after their end, None: never.
    The last job, where it fails, is tried again after each of `end_pauses`, in seconds.
    """

    run_id: str | None
    handle: str | None
    docker: str = "docker"
    keep_minutes: int | None = None
    end_pauses: tuple[float, ...] = (5, 15, 45, 120)


def documents(graph: Graph, options: Callable[[Job], ServiceOptions], conf: RunConf) -> dict[str, str]:
    """Return the folder's files that differ between runs, by name; no secret is in them."""
    lines = [f"{step.job.name} {cpu_thousandths(step.job)} {' '.join(step.upstream)}".rstrip() for step in graph.steps]
    settings = {
        "RUN_ID": conf.run_id or "",
        "HANDLE": conf.handle or "",
        "SUBMISSION": str(graph.submission),
        "DOCKER": conf.docker,
        "MODE": graph.execution_mode,
        "BEGIN": graph.begin.name if graph.begin else "",
        "END": graph.end.name,
        "END_PAUSES": " ".join(str(pause) for pause in conf.end_pauses),
        "KEEP_MINUTES": "" if conf.keep_minutes is None else str(conf.keep_minutes),
        "WITH_GROUPS": " ".join(job.name for job in graph.jobs if "group_add" not in options(job).extra),
        "IMAGES": " ".join(dict.fromkeys(job.image for job in graph.jobs)),
    }
    for_v2 = compose_v2_file(graph, options)
    return {
        "compose.yaml": compose_file(graph, options),
        **({"compose.v2.yaml": for_v2} if for_v2 else {}),
        "graph": "".join(f"{line}\n" for line in lines),
        RUN_CONF: "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()),
    }


def run_folder(graph: Graph, options: Callable[[Job], ServiceOptions], conf: RunConf) -> bytes:
    """Return the whole folder as a tar archive; equal runs give equal bytes."""
    return archive(run_files(graph, options, conf), folders=RUN_FOLDERS)


def run_files(graph: Graph, options: Callable[[Job], ServiceOptions], conf: RunConf) -> dict[str, bytes]:
    """Return the files of the folder by name; secrets are in its folder `secrets` and nowhere else."""
    files = {name: text.encode() for name, text in documents(graph, options, conf).items()}
    files |= {name: Path(__file__).with_name(name).read_bytes() for name in SCRIPTS}
    files[MARK] = _MARK_TEXT.encode()
    for job in graph.jobs:
        if job.secrets:
            files[f"secrets/{job.name}.json"] = job.secrets.reveal().encode()
    return files


def archive(files: Mapping[str, bytes], *, folders: Sequence[str]) -> bytes:
    """Return files and folders as a tar archive, for their owner only."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name in folders:
            packed.addfile(_entry(name, tarfile.DIRTYPE, 0o700))
        for name, content in files.items():
            entry = _entry(name, tarfile.REGTYPE, 0o600)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, mode, _TIME
    return entry
