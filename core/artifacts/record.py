"""What is known of one stored artifact."""

from __future__ import annotations

from collections.abc import Mapping

from ..dataclass import dataclass
from ..spec import JSON, Compact


@dataclass(frozen=True, slots=True)
class ArtifactRecord(Compact):
    """`key` names the object in the store; `digest` is the BLAKE3 of its content in hex; `size` is in bytes."""

    key: str
    materializer: str
    type: str
    digest: str
    size: int

    def to_json(self) -> dict[str, JSON]:
        """Encode as a flat JSON object."""
        return {
            "key": self.key,
            "materializer": self.materializer,
            "type": self.type,
            "digest": self.digest,
            "size": self.size,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, JSON]) -> ArtifactRecord:
        """Decode what `to_json` made."""
        return cls(**plain)  # type: ignore[arg-type]
