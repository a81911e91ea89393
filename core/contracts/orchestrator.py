"""The contract of an orchestrator: what a run may set, what the platform can do, and the verbs that run steps on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from ..dataclass import dataclass
from ..errors import UsageError
from ..registry import settings_keys
from ..spec import EXECUTION_MODES, JSON, ExecutionMode, PipelineSpec
from .component import Component, ConfigT, NoSettings, Settings

if TYPE_CHECKING:
    from ..execution.launcher import Launcher
    from ..execution.run_context import RunContext
    from .artifact_store_flavor import ArtifactStoreFlavor
    from .component import Finding
    from .container_registry import ContainerRegistry, ContainerRegistryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a flavor can do, asked before anything is submitted.

    `granularity` says who walks the graph: podium's driver (`step`) or the platform (`graph`).
    """

    granularity: Literal["step", "graph"]
    remote: bool = False
    detached: bool = False
    images: bool = False
    gpus: bool = False
    schedules: bool = False
    execution_modes: tuple[ExecutionMode, ...] = EXECUTION_MODES


class Orchestrator(Component[ConfigT]):
    """Runs pipelines somewhere; `settings_class` is what a pipeline or step may set, `config_class` extends it."""

    settings_class: ClassVar[type[Settings]] = NoSettings
    capabilities: ClassVar[Capabilities]

    @classmethod
    def needed_kinds(cls) -> tuple[str, ...]:
        """Return the optional kinds that its stacks must have; by default those that bring images to other machines."""
        can = cls.capabilities
        return ("container-registry", "image-builder") if can.images and can.remote else ()

    def configured(self, settings: Mapping[str, JSON]) -> ConfigT:
        """Return the registration's config with the settings of a pipeline or step laid over it.

        Raises NotFoundError when they refer to a secret that does not exist.
        """
        from ..config_values import with_secrets

        fields = self.config.given()
        for key in settings_keys(self.flavor):
            found = settings.get(key)
            if isinstance(found, dict):
                fields.update(with_secrets(found))
        return type(self.config)(**fields)

    def goes_on_alone(self, spec: PipelineSpec) -> bool:
        """Say whether `synchronous`, a setting of flavors that also run on without their client, is off for a run."""
        return "synchronous" in self.config_class.field_names() and not getattr(
            self.configured(spec.settings), "synchronous", True
        )

    def check_with(
        self,
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
        store: ArtifactStoreFlavor[Settings] | None,
    ) -> Iterator[Finding]:
        """Yield what `check` does, and whether jobs would reach the other components of a stack, None if broken."""
        del registry, store
        yield from self.check()

    def launcher(self, context: RunContext) -> Launcher:
        """Return what runs single steps of this run; it starts nothing before it is given the first one.

        Raises UsageError for a flavor that can be registered and checked, but not run on.
        """
        del context
        raise UsageError(f"orchestrator flavor {self.flavor!r} can be registered, but podium cannot run on it yet")
