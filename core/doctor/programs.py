"""What flavors and connectors of other platforms need beside podium: packages, and programs on PATH."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress

from .. import registry
from ..connectors.types import load_type
from ..contracts.component import Finding
from ..errors import PodiumError
from ..integrations.catalog import INTEGRATIONS
from ..integrations.environment import versions
from ..kinds import KINDS
from ..store.config_store import ConfigStore
from .records import read

_PROGRAMS = {
    "docker": ("docker", "https://docs.docker.com/engine/install"),
    "kubectl": ("kubernetes", "https://kubernetes.io/docs/tasks/tools"),
}
"""Programs that `podium service-connector login` hands credentials to: for which integration, and how to get them."""


def integrations() -> Iterator[Finding]:
    """Yield what is installed, what something registered needs, and what is there in a version that does not fit."""
    needed = _needed(ConfigStore())
    for name, each in INTEGRATIONS.items():
        found = versions(each)
        if None not in found.values():
            packages = ", ".join(f"{package} {version}" for package, version in found.items())
            yield Finding("ok", f"{name}: {packages}")
        elif name in needed:
            yield Finding(
                "warn", f"{needed[name]} needs {name}, which is not installed", f"podium integration install {name}"
            )


def programs() -> Iterator[Finding]:
    """Yield where each program is; one that is missing only where something registered has to do with it."""
    needed = _needed(ConfigStore())
    for program, (integration, source) in _PROGRAMS.items():
        path = shutil.which(program)
        if path:
            yield Finding("ok", f"{program}: {path}")
        elif integration in needed:
            what = (
                f"{program} is not on PATH; podium can do without it, but nobody can use it with {needed[integration]}"
            )
            yield Finding("warn", what, f"install it: {source}")


def _needed(store: ConfigStore) -> dict[str, str]:
    """Return each integration that something registered needs, and what that is."""
    needed: dict[str, str] = {}
    for kind in KINDS:
        known = registry.flavors(kind)
        for component in read(store.components(kind))[0]:
            flavor = component.flavor
            integration = flavor if flavor in INTEGRATIONS else known[flavor].integration if flavor in known else ""
            needed.setdefault(integration, f"{kind} {component.name!r}")
    for connector in read(store.connectors)[0]:
        with suppress(PodiumError):  # its type is gone: a finding of the configuration
            needed.setdefault(load_type(connector.type).integration, f"service-connector {connector.name!r}")
    return needed
