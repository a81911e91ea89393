"""Prints what is installed, as constraints that keep it: run by the Python of a parent image, from podium's wheel."""

from __future__ import annotations

import re
from importlib.metadata import distributions

# As in the specification of versions. A package with another kind of version can stand in no constraint.
_VERSION = re.compile(
    r"v?(\d+!)?\d+(\.\d+)*([._-]?[a-z]+[._-]?\d*)*(-\d+)?(\+[a-z0-9]+([._-][a-z0-9]+)*)?", re.IGNORECASE
)


def constraints() -> list[str]:
    """Return a line for each package but podium itself, in the version that is imported."""
    versions: dict[str, str] = {}
    for found in distributions():
        versions.setdefault((found.metadata["Name"] or "").lower(), found.version or "")
    return sorted(
        f"{name}=={version}"
        for name, version in versions.items()
        if name not in ("", "podium") and _VERSION.fullmatch(version)
    )


if __name__ == "__main__":
    print(*constraints(), sep="\n")
