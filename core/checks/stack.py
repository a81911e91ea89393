"""Everything that keeps a stack from running here and now; the services that it needs are asked all at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from .. import registry
from ..contracts.component import Finding
from ..contracts.orchestrator import Orchestrator
from ..errors import PodiumError
from ..kinds import KINDS
from .component import ComponentCheck
from .static import StackFinding, never_runs

if TYPE_CHECKING:
    from ..store.config_store import ConfigStore
    from ..store.records import StackRecord

PATIENCE = 20.0
"""Seconds that all services together have to answer."""


def check_stack(stack: StackRecord, store: ConfigStore, *, patience: float = PATIENCE) -> Iterator[StackFinding]:
    """Yield every finding about a stack, part by part; a component without any is told to be `ok`."""
    static = list(never_runs(stack, store.component))
    schedules = _has_schedules(stack, store)
    checks = {
        kind: ComponentCheck(store.component(kind, name), store, schedules=schedules)
        for kind, name in stack.components.items()
        if name in store.components(kind).names()
    }
    for check in checks.values():
        check.others = checks
    _ask([check for check in checks.values() if check.can_ask], patience)
    for kind in KINDS:
        known = [item for item in static if item.component.partition(" ")[0] == kind]
        yield from known
        if kind in checks:
            part = f"{kind} {stack.components[kind]}"
            found = list(dict.fromkeys(checks[kind].findings))
            if not known and not found:
                found = [Finding("ok", f"flavor {checks[kind].record.flavor}")]
            yield from (StackFinding(part, finding) for finding in found)


def _ask(checks: list[ComponentCheck], patience: float) -> None:
    # Daemon threads: an SDK that hangs must not keep the command from ending.
    threads = [Thread(target=check.ask, daemon=True) for check in checks]
    for thread in threads:
        thread.start()
    deadline = monotonic() + patience
    for check, thread in zip(checks, threads, strict=True):
        thread.join(max(0.0, deadline - monotonic()))
        if thread.is_alive():
            check.give_up(f"no answer within {patience:g} s")


def _has_schedules(stack: StackRecord, store: ConfigStore) -> bool:
    with suppress(PodiumError):  # what is wrong with it is a finding already
        flavor = registry.load("orchestrator", store.component("orchestrator", stack.components["orchestrator"]).flavor)
        return issubclass(flavor, Orchestrator) and flavor.capabilities.schedules
    return False
