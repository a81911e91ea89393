"""What a run in containers needs before its first step: images that are there, and its code packed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..code.archive import CodeArchive, publish
from ..contracts.job_orchestrator import JobOrchestrator
from ..dataclass import dataclass, replace
from ..records.documents import CodeReference
from ..spec import PipelineSpec

if TYPE_CHECKING:
    from ..images.prepare import StepImage
    from ..stacks.stack import Stack


@dataclass(frozen=True)
class Containers:
    """The images of a pipeline on one stack, and its code; `notice` is told what the user may want to know of them."""

    stack: Stack
    code: CodeReference
    notice: Callable[[str], None]

    @cached_property
    def archive(self) -> CodeArchive:
        """The source root, packed once."""
        from ..artifacts.local import LocalFiles
        from ..code.pack import pack

        code, store = self.code, self.stack.artifact_store
        apart = [store.folder] if isinstance(store, LocalFiles) else []
        return pack(self._root, file=Path(code.file) if code.file else None, imported=code.files, apart=apart)

    def plan(self, spec: PipelineSpec) -> list[StepImage]:
        """Return the images of the steps and how they stand; builds nothing."""
        from ..images.prepare import planned

        return planned(spec, self.stack, root=self._root, code=self._packed, notice=self.notice)

    def build(self, spec: PipelineSpec, output: Callable[[str], None]) -> list[StepImage]:
        """Build and push what is missing, for no run; `output` gets the lines of builds."""
        from ..images.prepare import build_images

        return build_images(spec, self.stack, root=self._root, code=self._packed, notice=self.notice, output=output)

    def prepare(self, spec: PipelineSpec) -> tuple[CodeReference, PipelineSpec]:
        """Build and push what is missing; return the code with its archive and commit, and the spec with its images."""
        from ..code.git import read_commit
        from ..images.prepare import prepare

        archive = self.archive.digest  # first, as code that cannot be packed needs no image
        spec = prepare(spec, self.stack, root=self._root, code=self._packed, notice=self.notice)
        commit = read_commit(self._root)
        code = replace(
            self.code,
            archive=archive,
            commit=commit.commit if commit else None,
            dirty=bool(commit and commit.dirty),
        )
        return code, spec

    def deliver(self, spec: PipelineSpec) -> None:
        """Put the code into the store, once the run that refers to it is recorded, and images where jobs start."""
        publish(self.archive, self.stack.artifact_store, self.notice)
        orchestrator = self.stack.orchestrator
        if isinstance(orchestrator, JobOrchestrator):
            images = {step.image for step in spec.steps if step.image}
            orchestrator.pull(images, self.stack.container_registry(), self.notice)

    @property
    def _root(self) -> Path:
        return Path(self.code.root)

    def _packed(self) -> bytes:
        return self.archive.data
