"""The packages that flavors and connectors are made with, each of which comes with an integration."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import MissingToolError
from .garbage import uncollected

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, integration: str) -> ModuleType:
    """Import a module of an integration; raise MissingToolError saying how to install it when it is not there.

    A module that is there and fails to import something else raises its own ImportError.
    """
    try:
        with uncollected():
            return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise MissingToolError(
            f"{module.partition('.')[0]} is not installed", hint=f"podium integration install {integration}"
        ) from None
