"""Flavors registered by the path of their class, `package.module.Class`, in the user's own code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConflictError, PodiumError, UsageError
from ..names import check_name
from ..overview import FlavorInfo
from ..registry import find, flavors, imported
from ..store.records import FlavorRecord
from ..store.selection import find_repository

if TYPE_CHECKING:
    from ..contracts.component import Component, Settings
    from ..store.config_store import ConfigStore

_CONTRACTS = {
    "orchestrator": "orchestrator:Orchestrator",
    "artifact-store": "artifact_store_flavor:ArtifactStoreFlavor",
    "container-registry": "container_registry:ContainerRegistry",
    "image-builder": "image_builder:ImageBuilder",
}


def register(kind: str, source: str, store: ConfigStore) -> tuple[str, bool]:
    """Store a flavor whose class is importable from the repository or the working directory.

    Returns its name, and False when the same was registered before. Raises UsageError for a class that does not extend
    the kind's contract, ConflictError for a flavor name that is taken.
    """
    source = source.replace(":", ".")
    root = find_repository(Path.cwd()) or Path.cwd()
    found = _imported(kind, source, root)
    name = check_name(getattr(found, "flavor", ""), f"{kind} flavor")
    record = FlavorRecord(kind, name, source, str(root))
    with store.locked():
        collection = store.flavors(kind)
        taken = flavors(kind).get(name)
        if taken and name not in collection.names():
            raise ConflictError(
                f"there is another {kind} flavor {name!r}: {taken.notes}",
                where=source,
                hint="give the class another `flavor`",
            )
        return name, collection.add(record)


def delete(kind: str, name: str, store: ConfigStore) -> None:
    """Forget a registered flavor; its class stays where it is."""
    with store.locked():
        check_deletable(kind, name, store)
        store.flavors(kind).remove(name)


def check_deletable(kind: str, name: str, store: ConfigStore) -> None:
    """Raise ConflictError for a flavor that was not registered by a path, and for one that components are of."""
    if name not in store.flavors(kind).names():
        info = find(kind, name)
        raise ConflictError(f"{kind} flavor {name!r} was not registered here: {info.notes}")
    users = [record.name for record in store.components(kind).all() if record.flavor == name]
    if users:
        raise ConflictError(
            f"{kind} flavor {name!r} is the flavor of {', '.join(users)}",
            hint=f"first: podium {kind} delete {users[0]}",
        )


def _imported(kind: str, source: str, root: Path) -> type[Component[Settings]]:
    """Import a class and check that it extends the contract of its kind."""
    module, _, name = source.rpartition(".")
    try:
        found = imported(FlavorInfo(source, "", "", entry_point=f"{module}:{name}", root=str(root)))
    except PodiumError as error:
        raise UsageError(error.message, where=source, hint=f"it is imported with {root} on the path") from error
    contract = _contract(kind)
    if not issubclass(found, contract):
        raise UsageError(
            f"{source} does not extend {contract.__name__}",
            hint=f"from {contract.__module__} import {contract.__name__}",
        )
    return found


def _contract(kind: str) -> type[Component[Settings]]:
    """Return the class that every flavor of a kind extends."""
    module, _, name = _CONTRACTS[kind].partition(":")
    found: type[Component[Settings]] = getattr(import_module(f"..contracts.{module}", __package__), name)
    return found
