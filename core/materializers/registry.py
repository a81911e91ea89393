"""Which materializer serves a type: the most specific class first, the user's before those that ship with podium."""

from __future__ import annotations

import sys
from importlib import import_module

from ..contracts.materializer import Materializer
from ..errors import UsageError
from ..names import did_you_mean

_BUILT_IN = ("pickled", "structured", "scalars", "binary", "paths", "arrays", "frames")
_PACKAGE = __name__.rpartition(".")[0]
_chains: dict[type, tuple[type[Materializer], ...]] = {}
_chained: dict[str, type[Materializer]] = {}
_loaded = False


def candidates(cls: type) -> tuple[type[Materializer], ...]:
    """Return the materializers for values of a class, in the order to try them, last resorts at the end."""
    global _chained
    registered = _registered()
    if registered is not _chained:
        _chains.clear()
        _chained = registered
    chain = _chains.get(cls)
    if chain is None:
        chain = _chains[cls] = tuple(_chain(cls, registered))
    return chain


def by_name(name: str) -> type[Materializer]:
    """Return the materializer of that class name; raise UsageError when this process has none."""
    registered = _registered()
    try:
        return registered[name]
    except KeyError:
        meant = did_you_mean(name, registered)
        raise UsageError(
            f"there is no materializer {name!r} here",
            hint=f"import the module that defines it first{f'; or {meant}' if meant else ''}",
        ) from None


def type_name(cls: type) -> str:
    """Return `module:qualname`, with the importable name of the module that runs as `__main__` if it has one."""
    module = cls.__module__
    if module == "__main__":
        main = sys.modules[module]
        module = next((name for name, found in sys.modules.items() if found is main and name != module), module)
    return f"{module}:{cls.__qualname__}"


def _registered() -> dict[str, type[Materializer]]:
    global _loaded
    if not _loaded:
        for name in _BUILT_IN:
            import_module(f"{_PACKAGE}.{name}")
        _loaded = True
    return Materializer.registered


def _chain(cls: type, registered: dict[str, type[Materializer]]) -> list[type[Materializer]]:
    newest_first = list(reversed(registered.values()))
    newest_first.sort(key=lambda known: known.__module__.startswith(_PACKAGE))
    chain: dict[type[Materializer], None] = {}
    for base in cls.__mro__:
        named = f"{base.__module__}:{base.__qualname__}"
        chain.update((known, None) for known in newest_first if base in known.types or named in known.types)
    chain.update((known, None) for known in newest_first if known.last_resort)
    return sorted(chain, key=lambda known: known.last_resort)
