"""Where integrations are installed, and which versions of their packages are there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..paths import config_home
from .catalog import INTEGRATIONS, Integration, requirements

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that podium runs in, or one in a `folder` of its own, which need not exist yet."""

    folder: Path | None = None

    @property
    def python(self) -> Path:
        """The interpreter."""
        if self.folder is None:
            return Path(sys.executable)
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def members(self) -> list[Integration]:
        """Every integration that belongs here."""
        return [each for each in INTEGRATIONS.values() if environment_of(each) == self]

    def distribution(self, name: str) -> Distribution | None:
        """Return an installed distribution, None when there is none of this name."""
        from importlib.metadata import distributions

        if self.folder is None:
            return next(iter(distributions(name=name)), None)
        pattern = "Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
        places = [str(place) for place in self.folder.glob(pattern)]
        return next(iter(distributions(name=name, path=places)), None)

    def version(self, needed: Requirement) -> str | None:
        """Return the version that meets a requirement, with all that its extras ask for; None when nothing does."""
        from packaging.requirements import Requirement

        found = self.distribution(needed.name)
        if found is None or not needed.specifier.contains(found.version, prereleases=True):
            return None
        for text in found.requires or ():
            further = Requirement(text)
            asked = any(further.marker.evaluate({"extra": extra}) for extra in needed.extras if further.marker)
            if asked and self.version(further) is None:
                return None
        return found.version


def environment_of(integration: Integration) -> Environment:
    """Return where an integration is installed, or would be."""
    name = integration.environment
    return Environment(config_home() / "integrations" / name) if name else Environment()


def by_environment(integrations: Iterable[Integration]) -> dict[Environment, list[Integration]]:
    """Group integrations by where they are installed."""
    groups: dict[Environment, list[Integration]] = {}
    for each in integrations:
        groups.setdefault(environment_of(each), []).append(each)
    return groups


def versions(integration: Integration) -> dict[str, str | None]:
    """Return the version of each package that an integration needs, None for one that is missing or does not fit."""
    environment = environment_of(integration)
    return {needed.name: environment.version(needed) for needed in requirements(integration)}


def is_installed(integration: Integration) -> bool:
    """Say whether every package of an integration is there in a version that fits."""
    return None not in versions(integration).values()
