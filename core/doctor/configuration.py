"""The files of the configuration: who can read them, whether they can be read, and whether they fit together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from .. import registry
from ..checks.component import findings_of
from ..connectors.types import PLANNED, types
from ..contracts.component import Finding
from ..errors import PodiumError
from ..files import NEW
from ..kinds import KINDS
from ..store.config_store import ConfigStore
from ..store.selection import selected_stack
from .records import read

_PRIVATE = (
    "*.yaml",
    "stacks",
    "service-connectors",
    "flavors",
    "secrets",
    "logs",
    *(kind.plural for kind in KINDS.values()),
)
_STALE = 60.0
"""Seconds after which a temporary file has no writer any more."""


def configuration() -> Iterator[Finding]:
    """Yield faults of the folder, of each file in it, and of what the files say about each other."""
    store = ConfigStore()
    if not store.home.exists():
        yield Finding("ok", f"{store.home} is not there yet; nothing is registered")
        return
    faults = [*_access(store.home), *_leftovers(store.home), *_records(store)]
    yield from faults
    if not any(fault.level == "fail" for fault in faults):
        yield Finding("ok", f"{store.home} and all in it can be read")
    try:
        selected_stack(store)
    except PodiumError as error:
        yield from findings_of(error)


def _access(home: Path) -> Iterator[Finding]:
    if not os.access(home, os.W_OK | os.X_OK):
        yield Finding("warn", f"{home} cannot be written to, so nothing can be registered", f"chmod u+rwx '{home}'")
    if os.name == "nt":
        return
    for path in (home, *_private(home)):
        if path.stat().st_mode & 0o077:
            yield Finding("warn", f"others than you can read {path}", f"chmod -R go-rwx '{path}'")


def _private(home: Path) -> Iterator[Path]:
    """Yield what lies in the configuration's own folders, which nobody else has to read."""
    for path in chain.from_iterable(home.glob(pattern) for pattern in _PRIVATE):
        yield path
        if path.is_dir():
            yield from path.rglob("*")


def _leftovers(home: Path) -> Iterator[Finding]:
    for path in home.rglob(NEW):
        if time.time() - path.stat().st_mtime > _STALE:
            yield Finding("warn", f"{path} was left by a process that was killed; it does no harm", f"rm '{path}'")


def _records(store: ConfigStore) -> list[Finding]:
    stacks, faults = read(store.stacks)
    connectors, unreadable = read(store.connectors)
    faults += unreadable
    for connector in connectors:
        if connector.type not in {*types(), *PLANNED}:
            what = f"service-connector {connector.name!r} has type {connector.type!r}, which does not exist"
            faults.append(Finding("fail", what, "install the package that brings it, or delete the connector"))
    for kind in KINDS:
        known = registry.flavors(kind)
        faults += read(store.flavors(kind))[1]
        components, unreadable = read(store.components(kind))
        faults += unreadable
        for component in components:
            if component.flavor not in known:
                what = f"{kind} {component.name!r} has flavor {component.flavor!r}, which does not exist"
                faults.append(Finding("fail", what, "install the package that brings it, or delete the component"))
            if component.connector and component.connector not in store.connectors.names():
                what = f"{kind} {component.name!r} is connected to {component.connector!r}, which does not exist"
                faults.append(Finding("fail", what, f"podium {kind} connect {component.name} --connector NAME"))
    for stack in stacks:
        for kind, name in stack.components.items():
            if name not in store.components(kind).names():
                what = f"stack {stack.name!r} has {kind} {name!r}, which does not exist"
                faults.append(Finding("fail", what, f"podium stack update {stack.name} --{kind} NAME"))
    return faults
