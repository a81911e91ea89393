"""Make an interpreter see the user's code as step runners see it: imported by name, never run as a script."""

from __future__ import annotations

import importlib
import sys

from ..dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Boot:
    """What a new interpreter needs to find the user's code; `module` is None when none can be imported by name."""

    module: str | None
    path: tuple[str, ...]
    argv: tuple[str, ...]


def load(boot: Boot) -> None:
    """Import the user's module under its own name, with `__main__` as another name for it.

    A pipeline call while it is imported is refused; the exception of a module that cannot be imported passes through.
    """
    from ..sdk import options

    options.set_options(options.NO_OPTIONS)  # the client's, in a fork of it
    sys.path[:] = boot.path
    sys.argv[:] = boot.argv
    if boot.module is None:
        return
    options.importing_in_worker = True
    try:
        sys.modules["__main__"] = importlib.import_module(boot.module)
    finally:
        options.importing_in_worker = False
