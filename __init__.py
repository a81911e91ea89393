"""podium: write steps and a pipeline once, run them on any orchestrator, without a server.

Every public name is resolved on first use, so importing podium costs next to nothing.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .core.contracts.materializer import Materializer
    from .core.errors import (
        AccessError,
        ConflictError,
        DefinitionError,
        MissingToolError,
        NotFoundError,
        PodiumError,
        RunCancelled,
        RunFailed,
        RunNotFinished,
        UsageError,
    )
    from .core.sdk.artifact import ExternalArtifact
    from .core.sdk.client import Client, load_artifact, save_artifact
    from .core.sdk.context import get_step_context, log_metadata
    from .core.sdk.pipeline import pipeline
    from .core.sdk.schedule import Schedule
    from .core.sdk.settings import DockerSettings, ResourceSettings, StepRetryConfig
    from .core.sdk.step import step

__version__ = "0.1.0"

__all__ = [
    "AccessError",
    "Client",
    "ConflictError",
    "DefinitionError",
    "DockerSettings",
    "ExternalArtifact",
    "Materializer",
    "MissingToolError",
    "NotFoundError",
    "PodiumError",
    "ResourceSettings",
    "RunCancelled",
    "RunFailed",
    "RunNotFinished",
    "Schedule",
    "StepRetryConfig",
    "UsageError",
    "get_step_context",
    "load_artifact",
    "log_metadata",
    "pipeline",
    "save_artifact",
    "step",
]

_MODULES = {
    "Client": "sdk.client",
    "DockerSettings": "sdk.settings",
    "ExternalArtifact": "sdk.artifact",
    "Materializer": "contracts.materializer",
    "ResourceSettings": "sdk.settings",
    "Schedule": "sdk.schedule",
    "StepRetryConfig": "sdk.settings",
    "get_step_context": "sdk.context",
    "load_artifact": "sdk.client",
    "log_metadata": "sdk.context",
    "pipeline": "sdk.pipeline",
    "save_artifact": "sdk.client",
    "step": "sdk.step",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'podium' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"podium.core.{_MODULES.get(name, 'errors')}")
    found: object = getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Aliases:
    """Finds modules under the names that other tools give them; asked last, for what is not found otherwise."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> object:
        """Return the module spec of an alias, None for any other name."""
        del path, target
        if not name.startswith("podium."):
            return None
        from .core.aliases import find_spec

        return find_spec(name)


sys.meta_path.append(_Aliases)  # type: ignore[arg-type]
