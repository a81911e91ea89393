"""The interpreter, podium itself and the packages it cannot do without."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

from ... import __version__
from ..contracts.component import Finding
from ..integrations.catalog import requirements
from ..integrations.environment import Environment

_TESTED = ("linux", "darwin")


def installation() -> Iterator[Finding]:
    """Yield the versions, and each required package that is missing or too old."""
    system = f"{platform.system()} {platform.machine()}"
    yield Finding("ok", f"podium {__version__} on Python {platform.python_version()}, {system}")
    if sys.platform not in _TESTED:
        yield Finding("warn", f"podium is not tested on {system}", "use Linux, macOS, or WSL")
    here = Environment()
    for needed in requirements():
        if here.version(needed) is None:
            found = here.distribution(needed.name)
            there = f"version {found.version} is installed" if found else "it is not installed"
            yield Finding("fail", f"podium needs {needed}, and {there}", f"{sys.executable} -m pip install '{needed}'")
