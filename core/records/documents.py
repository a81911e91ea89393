"""The documents that make up a run's records, and the keys they have in the artifact store.

    runs/<run id>/run.json                       header: who, when, name, spec digest, stack, code
    runs/<run id>/spec.json                      the PipelineSpec
    runs/<run id>/submissions/<n>.json           one driver took the run up
    runs/<run id>/submissions/<n>.end.json       and left it: final state
    runs/<run id>/steps/<step>.<attempt>.<what>  one document for each thing that happened to an attempt
    runs/<run id>/batches/<n>.<seq>.json         the same for many steps at once that had no attempt: cached, skipped
    runs/<run id>/logs/<step>.<attempt>.log      what the attempt printed; there from the moment it began
    runs/<run id>/jobs/<step>.<attempt>.<digest> all that a job in a container needs to run the attempt
    runs/<run id>/artifacts/<step>.<attempt>.<output><suffix>
    runs/<run id>/graphs/<n>.<digest>            what the jobs of submission n need, where a platform walks the graph
    runs/<run id>/cancel/<n>.json                somebody asked for submission n to end

Every document is written once, by one writer, under a new name. Attempts count on over submissions, so no late writer
of an earlier submission can touch a later one's documents.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from typing import Any

from ..dataclass import asdict, dataclass, field
from ..names import from_path_part, path_part
from ..spec import JSON, check_format

FORMAT = 1
_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReference:
    """Where the user's code was when the run started; `files` maps paths below the root to their BLAKE3 digests.

    `archive` names what jobs in containers unpack, at `code/<archive>` in the store, by its BLAKE3 digest; `commit` is
    git's, and `dirty` says that the code is not what was committed.
    """

    root: str
    file: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    archive: str | None = None
    commit: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What is known of a run before it starts; `created` is seconds since the epoch, `stack` holds no secrets.

    `schedule` is the id of the schedule that started it.
    """

    id: str
    name: str
    pipeline: str
    created: float
    spec_digest: str
    user: str
    host: str
    stack: Mapping[str, JSON]
    code: CodeReference
    enable_cache: bool = True
    schedule: str | None = None

    def to_bytes(self) -> bytes:
        """Encode with the format number."""
        return encode(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> RunHeader:
        """Decode; raise PodiumError when a newer podium wrote it."""
        plain: dict[str, Any] = decode(data, "run record")
        return cls(**{**plain, "code": CodeReference(**plain["code"])})


@dataclass(frozen=True, slots=True)
class RunKeys:
    """Keys of one run's documents."""

    run_id: str

    @property
    def folder(self) -> str:
        return f"runs/{self.run_id}"

    @property
    def header(self) -> str:
        return f"runs/{self.run_id}/run.json"

    @property
    def spec(self) -> str:
        return f"runs/{self.run_id}/spec.json"

    @property
    def submissions(self) -> str:
        return f"runs/{self.run_id}/submissions"

    @property
    def steps(self) -> str:
        return f"runs/{self.run_id}/steps"

    @property
    def logs(self) -> str:
        return f"runs/{self.run_id}/logs"

    @property
    def jobs(self) -> str:
        return f"runs/{self.run_id}/jobs"

    @property
    def artifacts(self) -> str:
        return f"runs/{self.run_id}/artifacts"

    @property
    def batches(self) -> str:
        return f"runs/{self.run_id}/batches"

    @property
    def lease(self) -> str:
        return f"runs/{self.run_id}/lease.lock"

    def job(self, step: str, attempt: int, digest: str) -> str:
        """Key of a job's document: an attempt whose process died has another one, for its failure hook."""
        return f"runs/{self.run_id}/jobs/{path_part(step)}.{attempt}.{digest}"

    @property
    def cancels(self) -> str:
        return f"runs/{self.run_id}/cancel"

    def graph(self, submission: int, digest: str) -> str:
        return f"runs/{self.run_id}/graphs/{submission}.{digest}"

    def cancel(self, submission: int) -> str:
        return f"runs/{self.run_id}/cancel/{submission}.json"

    def step(self, step: str, attempt: int, what: str) -> str:
        return f"runs/{self.run_id}/steps/{path_part(step)}.{attempt}.{what}"

    def log(self, step: str, attempt: int) -> str:
        return f"runs/{self.run_id}/logs/{path_part(step)}.{attempt}.log"

    def artifact(self, step: str, attempt: int, output: str) -> str:
        """Key of an output without its suffix, which the materializer adds."""
        return f"runs/{self.run_id}/artifacts/{path_part(step)}.{attempt}.{path_part(output)}"


def parse_step_name(name: str) -> tuple[str, int, str]:
    """Split a name below `steps/` or `logs/` into step id, attempt and what it is."""
    part, attempt, what = name.split(".")
    return from_path_part(part), int(attempt), what


def parse_attempt(name: str) -> tuple[str, int]:
    """Return step id and attempt of a name that begins with them: below `steps/`, `logs/`, `jobs/` and `artifacts/`."""
    part, attempt, _ = name.split(".", 2)
    return from_path_part(part), int(attempt)


def encode(document: Mapping[str, JSON]) -> bytes:
    """Encode one document with its format number."""
    return _to_text({"format": FORMAT, **document}).encode() + b"\n"


def decode(data: bytes, what: str = "run record") -> dict[str, JSON]:
    """Decode one document; raise PodiumError when a newer podium wrote it."""
    plain: dict[str, JSON] = json.loads(data)
    check_format(plain, FORMAT, what)
    del plain["format"]
    return plain


def this_process() -> dict[str, JSON]:
    """Say who writes: process, host, user and when."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "user": user_name(), "at": time.time()}


def user_name() -> str:
    """Name of the user this process runs as, or the number where it has no name."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
