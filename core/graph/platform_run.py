"""A run where its platform has it, found again from its records by any process."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from ..contracts.component import Settings
from ..contracts.graph_orchestrator import GraphOrchestrator, GraphStatus
from ..dataclass import dataclass
from ..errors import ConflictError, PodiumError, UsageError
from ..records import lease
from ..records.documents import RunHeader, RunKeys
from ..records.reader import RunView
from ..stacks.stack import load_stack
from .document import GraphDocument
from .settle import settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..contracts.artifact_store import ArtifactStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRun:
    """One submission of a run, and the orchestrator that has it by this handle."""

    header: RunHeader
    document: GraphDocument
    store: ArtifactStore
    orchestrator: GraphOrchestrator[Settings]
    handle: str

    def settle(self, status: GraphStatus) -> None:
        """Record what became of the run, unless that is recorded, with its platform's word for what recorded nothing.

        A lost run leaves nothing behind on its platform. Raises ConflictError while another process settles it.
        """
        lost = status.state == "lost"
        unsaid = [name for name, job in status.jobs.items() if job.state == "ended" and job.exit_code != 0]
        outputs = {name: self.orchestrator.output(self.handle, name) for name in unsaid}
        if lost:
            with suppress(PodiumError):  # it is away
                self.orchestrator.cancel(self.handle)
        with lease.hold(self.store, self.header.id):
            error = status.reason if lost else ""
            settle(self.store, self.header.id, self.document, status.jobs, outputs, error=error)


@contextmanager
def on_platform(store: ArtifactStore, run: RunView) -> Iterator[PlatformRun]:
    """Give the latest submission of a run that has a handle; connections are let go when the block ends.

    Raises UsageError when the stack that it was started on now has an orchestrator of another kind.
    """
    stack = load_stack(str(run.header.stack["name"]))
    orchestrator = stack.orchestrator
    if not isinstance(orchestrator, GraphOrchestrator) or run.handle is None:
        raise UsageError(
            f"run {run.header.name} was started on {run.handle}, and stack {stack.name!r} no longer goes there"
        )
    document = _read_document(store, run)
    with closing(orchestrator):
        yield PlatformRun(
            header=run.header, document=document, store=store, orchestrator=orchestrator, handle=run.handle
        )


def settle_what_is_over(store: ArtifactStore, run: RunView) -> None:
    """Have the end of a run recorded that its platform has ended or lost; raise ConflictError while it goes on.

    A platform that cannot be asked has lost a run that was asked to end: should its jobs go on there, they see that.
    """
    with on_platform(store, run) as found:
        try:
            status = found.orchestrator.status(found.handle)
        except PodiumError as error:
            if not store.exists(RunKeys(run.header.id).cancel(run.submission)):
                error.hint = f"if its platform is gone for good, give it up first: podium runs cancel {run.header.id}"
                raise
            status = GraphStatus("lost", reason=f"its platform cannot be asked: {error.message}")
        if status.state in {"queued", "running"}:
            raise ConflictError(
                f"run {run.header.name} goes on at {found.orchestrator.url(found.handle)}",
                hint=f"wait for it, or end it: podium runs cancel {run.header.id}",
            )
        found.settle(status)


def _read_document(store: ArtifactStore, run: RunView) -> GraphDocument:
    folder = f"{RunKeys(run.header.id).folder}/graphs"
    name = next(name for name in store.names(folder) if name.startswith(f"{run.submission}."))
    return GraphDocument.from_bytes(store.read(f"{folder}/{name}"))
