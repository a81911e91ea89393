"""The kinds of component a stack is made of: the one table that the store, the registry and the command line read."""

from __future__ import annotations

from .dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` is the noun of the command line and the key in a stack, `plural` the folder, `flag` the short option."""

    name: str
    plural: str
    flag: str
    required: bool = False

    @property
    def group(self) -> str:
        """Entry-point group that lists the flavors of this kind."""
        return f"podium.{self.plural.replace('-', '_')}"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("orchestrator", "orchestrators", "-o", required=True),
        Kind("artifact-store", "artifact-stores", "-a", required=True),
        Kind("container-registry", "container-registries", "-c"),
        Kind("image-builder", "image-builders", "-i"),
    )
}
