"""The integrations: the extras of podium's distribution that bring the SDKs of flavors and connectors."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import MissingToolError, NotFoundError
from ..names import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Integration:
    """`environment` names the environment of its own that it is installed into, empty for the one podium runs in."""

    name: str
    help: str
    environment: str = ""


def _vm(cloud: str, title: str) -> Integration:
    # SkyPilot needs a Click that other SDKs refuse; its clouds share one environment, as they share its server.
    return Integration(f"vm_{cloud}", f"Virtual machines of {title}, by SkyPilot.", "skypilot")


INTEGRATIONS = {
    integration.name: integration
    for integration in (
        Integration("aws", "AWS: service connectors, SageMaker, ECR."),
        Integration("azure", "Azure: service connectors, AzureML, Blob Storage."),
        Integration("docker", "Docker: images, registries, steps in local containers."),
        Integration("gcp", "Google Cloud: service connectors, Vertex AI, Cloud Storage."),
        Integration("hyperai", "HyperAI and other machines that are reached by SSH."),
        Integration("kubernetes", "Kubernetes: service connectors and orchestrators in clusters."),
        Integration("lightning", "Lightning AI studios and jobs."),
        Integration("runai", "Run:AI workloads."),
        Integration("s3", "Artifacts in S3 buckets, of AWS or others."),
        _vm("aws", "AWS"),
        _vm("azure", "Azure"),
        _vm("gcp", "Google Cloud"),
    )
}


def find(name: str) -> Integration:
    """Return an integration; hyphens and underscores are equal. Raises NotFoundError with the close names."""
    found = INTEGRATIONS.get(name.replace("-", "_"))
    if found is None:
        hint = did_you_mean(name, INTEGRATIONS) or "podium integration list"
        raise NotFoundError(f"there is no integration {name!r}", hint=hint)
    return found


def own_distribution() -> Distribution:
    """Return podium's own installed distribution.

    Raises MissingToolError when podium runs from source files that were never installed.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution("podium")
    except PackageNotFoundError:
        raise MissingToolError(
            "podium was never installed here, so nothing says what it needs",
            hint="install it: pip install PATH-OF-ITS-SOURCES",
        ) from None


@cache
def requirements(integration: Integration | None = None) -> tuple[Requirement, ...]:
    """Return what an integration needs, or without one podium itself, by what the installed distribution declares.

    Raises MissingToolError as `own_distribution` does.
    """
    from packaging.requirements import Requirement

    declared = [Requirement(text) for text in own_distribution().requires or ()]
    extra = integration.name.replace("_", "-") if integration else ""
    chosen = [needed for needed in declared if _is_asked(needed, extra)]
    for needed in chosen:
        needed.marker = None
    return tuple(chosen)


def _is_asked(needed: Requirement, extra: str) -> bool:
    """Say whether a requirement is made by an extra, or for none by the package itself."""
    if needed.marker is None:
        return not extra
    return needed.marker.evaluate({"extra": extra}) and not (extra and needed.marker.evaluate({"extra": ""}))
