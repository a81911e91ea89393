"""Module names of ZenML, below `podium`: each is the very module in which podium has the same things, never a copy."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

_SETTINGS = "podium.core.sdk.settings"
_ALIASES = {
    "podium.client": "podium.core.sdk.client",
    "podium.config": "podium",
    "podium.config.docker_settings": _SETTINGS,
    "podium.config.resource_settings": _SETTINGS,
    "podium.config.retry_config": _SETTINGS,
    "podium.config.schedule": "podium.core.sdk.schedule",
    "podium.enums": "podium.core.sdk.enums",
    "podium.logger": "podium.core.sdk.logger",
    "podium.materializers": "podium.core.contracts.materializer",
}
_FOLDERS = re.compile(r"podium\.integrations(\.\w+(\.flavors)?)?\Z")
_FLAVOR = re.compile(r"podium\.integrations\.\w+\.flavors\.(\w+)_orchestrator_flavor\Z")
_FLAVOR_MODULE = re.compile(r"podium\.flavors\.(\w+)\Z")


def find_spec(name: str) -> ModuleSpec | None:
    """Return the spec of an alias; raise ModuleNotFoundError, saying so, for a flavor that is planned."""
    if _FOLDERS.match(name):
        return ModuleSpec(name, None, is_package=True)
    flavor = _FLAVOR.match(name) or _FLAVOR_MODULE.match(name)
    target = f"podium.flavors.{flavor[1]}" if flavor else _ALIASES.get(name)
    if flavor and _is_planned(flavor[1]):
        raise ModuleNotFoundError(
            f"podium's {flavor[1]} orchestrator is planned, but this podium does not have it yet", name=name
        )
    if target is None or target == name:
        return None
    return ModuleSpec(name, _Alias(target), is_package=name == "podium.config")


def _is_planned(flavor: str) -> bool:
    from .registry import flavors

    return any(flavor in (info.name, info.family) and not info.entry_point for info in flavors("orchestrator").values())


class _Alias(Loader):
    """Gives the target module itself, and puts back its own spec, which the import system overwrites."""

    def __init__(self, target: str) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        del spec
        module = import_module(self._target)
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own
