"""All that the jobs of one submission need to know, as one document in the store; its digest is in their commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..artifacts.record import ArtifactRecord
from ..dataclass import dataclass, field
from ..execution.job import JobCode
from ..records.documents import decode, encode
from ..spec import JSON, PipelineSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphDocument:
    """One submission of a run; a schedule has one document for all of its runs.

    `done` holds the outputs of steps that earlier submissions finished, `attempts` the highest attempt number that was
    ever taken, for steps that have one: theirs count on from there.
    """

    spec: PipelineSpec
    code: JobCode
    enable_cache: bool = True
    submission: int = 1
    done: Mapping[str, Mapping[str, ArtifactRecord]] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Encode; equal submissions give equal bytes."""
        done: dict[str, JSON] = {
            step: {name: record.to_json() for name, record in outputs.items()} for step, outputs in self.done.items()
        }
        code = self.code
        return encode(
            {
                "spec": json.loads(self.spec.to_bytes()),
                "code": {"archive": code.archive, "module": code.module, "path": [*code.path], "argv": [*code.argv]},
                "enable_cache": self.enable_cache,
                "submission": self.submission,
                "done": done,
                "attempts": dict(self.attempts),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> GraphDocument:
        """Decode what `to_bytes` made; raise PodiumError when a newer podium wrote it."""
        plain: dict[str, Any] = decode(data, "graph document")
        code = plain["code"]
        return cls(
            spec=PipelineSpec.from_bytes(json.dumps(plain["spec"]).encode()),
            code=JobCode(code["archive"], code["module"], tuple(code["path"]), tuple(code["argv"])),
            enable_cache=plain["enable_cache"],
            submission=plain["submission"],
            done={
                step: {name: ArtifactRecord.from_json(record) for name, record in outputs.items()}
                for step, outputs in plain["done"].items()
            },
            attempts=plain["attempts"],
        )
