"""What a launcher is told about the run whose steps it is to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..records.documents import RunHeader
from ..spec import PipelineSpec
from .boot import Boot

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run before it starts: images, and where its code lies in the store, are known only when steps are started."""

    header: RunHeader
    spec: PipelineSpec
    boot: Boot
    store: ArtifactStore
