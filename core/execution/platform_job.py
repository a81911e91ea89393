"""An attempt as a job of a platform: what the platform is given, what is read back, and how its end reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..artifacts.local import LocalFiles
from ..contracts.job_orchestrator import Job, JobStatus
from ..records.documents import RunKeys
from ..secrets.redaction import redacted
from ..secrets.references import references
from ..spec import JSON, spec_digest
from .exit_codes import ExitCode
from .job import JobCode, StepJob
from .job_document import from_bytes, secrets_of, to_bytes
from .process_tree import describe_exit

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_ENTRYPOINT = ("python", "-m", "podium.core.execution.entrypoint")
_WORDS = 200


def stored(
    job: StepJob, store: ArtifactStore, *, module: str | None, settings: Mapping[str, JSON], gpus: tuple[str, ...]
) -> Job:
    """Write the attempt's document, and return the job that runs it; `module` is the one with the pipeline."""
    step, keys = job.step, RunKeys(job.run_id)
    job.code = job.code or JobCode(None, module)
    document = to_bytes(job)
    digest = spec_digest(document)
    store.create(keys.job(step.id, job.attempt, digest), document)
    readable = "".join(char if char.isascii() and char.isalnum() else "-" for char in step.id.lower())
    return Job(
        name=f"podium-{readable[:24]}-{digest[:24]}",
        labels={
            "podium.run": job.run_id,
            "podium.step": step.id,
            "podium.attempt": str(job.attempt),
            "podium.document": digest,
        },
        image=step.image or "",
        command=(*_ENTRYPOINT, f"{job.store_url}/{keys.folder}", step.id, str(job.attempt), digest),
        environment={name: text for name, text in step.environment.items() if not list(references(text))},
        secrets=secrets_of(job.delivery, store.carried()),
        resources=step.resources,
        gpus=gpus,
        timeout=step.timeout,
        settings=settings,
        folder=store.folder if isinstance(store, LocalFiles) else None,
    )


def recorded(labels: Mapping[str, str], run_id: str, store: ArtifactStore) -> StepJob | None:
    """Return the attempt that a job with these labels runs, None where there is no document for it.

    Raises PodiumError when a newer podium wrote it.
    """
    try:
        step, attempt, digest = (labels[f"podium.{key}"] for key in ("step", "attempt", "document"))
        return from_bytes(store.read(RunKeys(run_id).job(step, int(attempt), digest)))
    except (LookupError, ValueError, FileNotFoundError):
        return None


def death(status: JobStatus, last: bytes) -> str:
    """Say how a job ended that recorded nothing, with the last line of its output where that may say why."""
    code = status.exit_code
    if status.reason or code is None:
        return status.reason or "it ended, and the platform does not say how"
    if code not in set(ExitCode):
        return describe_exit(code - 128 if 128 < code < 192 else code << 8)
    if code in {ExitCode.COMPLETED, ExitCode.CANCELLED}:
        return ExitCode(code).meaning
    line = redacted(last.decode(errors="replace")).strip().rpartition("\n")[2][:_WORDS]
    return f"{ExitCode(code).meaning} (exit code {code}){f': {line}' if line else ''}"
