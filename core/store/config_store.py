"""What a user has registered, and the active stack: one YAML file each below the config home."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from ..errors import UsageError
from ..files import locked
from ..kinds import KINDS
from ..names import did_you_mean
from ..paths import config_home
from .collection import Collection
from .records import (
    BUILT_IN_STACK,
    COMPONENT_KEYS,
    CONNECTOR_KEYS,
    DEFAULT,
    FLAVOR_KEYS,
    STACK_KEYS,
    ComponentRecord,
    ConnectorRecord,
    FlavorRecord,
    StackRecord,
    built_in_component,
    read_component,
    read_connector,
    read_flavor,
    read_stack,
)
from .selection import read_pin


class ConfigStore:
    """Every change is made under one lock, so concurrent processes lose no update; readers take none."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or config_home()
        self.stacks: Collection[StackRecord] = Collection(
            self.home / "stacks", "stack", STACK_KEYS, read_stack, {DEFAULT: BUILT_IN_STACK}
        )
        self.connectors: Collection[ConnectorRecord] = Collection(
            self.home / "service-connectors", "service-connector", CONNECTOR_KEYS, read_connector, {}
        )

    def components(self, kind: str) -> Collection[ComponentRecord]:
        """Return the components of one kind; raise UsageError for a kind that podium does not have."""
        if kind not in KINDS:
            raise UsageError(f"there is no kind of component {kind!r}", hint=did_you_mean(kind, KINDS))
        built_in = {DEFAULT: built_in_component(kind)} if KINDS[kind].required else {}
        folder = self.home / KINDS[kind].plural
        return Collection(folder, kind, COMPONENT_KEYS, partial(read_component, kind), built_in)

    def component(self, kind: str, name: str) -> ComponentRecord:
        """Return the component of exactly this kind and name; raise NotFoundError with the close ones."""
        return self.components(kind).get(name)

    def flavors(self, kind: str) -> Collection[FlavorRecord]:
        """Return the flavors of one kind that were registered by the path of their class."""
        folder = self.home / "flavors" / KINDS[kind].plural
        return Collection(folder, f"{kind} flavor", FLAVOR_KEYS, partial(read_flavor, kind), {})

    @property
    def active_path(self) -> Path:
        """File that names the active stack."""
        return self.home / "active.yaml"

    def active_stack(self) -> str | None:
        """Return the name of the active stack, None when none was ever set."""
        return read_pin(self.active_path)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from changing anything; raises ConflictError when one holds it for over 30 s."""
        return locked(self.home / ".lock")
