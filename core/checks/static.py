"""What keeps a stack from ever running, told from its records and its flavors' classes: no network, no secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from .. import registry
from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
from ..contracts.component import Finding
from ..contracts.orchestrator import Orchestrator
from ..dataclass import dataclass
from ..errors import DefinitionError, MissingToolError, PodiumError, UsageError
from ..kinds import KINDS

if TYPE_CHECKING:
    from ..contracts.component import Component, Settings
    from ..store.records import ComponentRecord, StackRecord

    Lookup: TypeAlias = Callable[[str, str], ComponentRecord]
    """Returns the component of a kind and name; raises NotFoundError."""

_REACHED_BY_JOBS = ("artifact-store", "container-registry")
_CONTRACTS: dict[str, type[Component[Settings]]] = {
    "orchestrator": Orchestrator,
    "artifact-store": ArtifactStoreFlavor,
}


@dataclass(frozen=True, slots=True)
class StackFinding:
    """A finding and the part of the stack that it is about: a kind and name, or a kind that is missing."""

    component: str
    finding: Finding

    def as_error(self) -> UsageError:
        """Return the finding as a fault."""
        return UsageError(f"{self.component}: {self.finding.what}", hint=self.finding.hint)


def require_runnable(stack: StackRecord, lookup: Lookup, *, so: str = "") -> None:
    """Raise DefinitionError with every reason why the stack can never run, and what follows from it."""
    faults = [found.as_error() for found in never_runs(stack, lookup)]
    if faults:
        raise DefinitionError(faults, subject=f"stack {stack.name!r} can never run{so}")


def never_runs(stack: StackRecord, lookup: Lookup) -> Iterator[StackFinding]:
    """Yield every reason why the stack can never run; what can be installed on this machine is none."""
    found: dict[str, tuple[type[Component[Settings]], ComponentRecord]] = {}
    for kind, name in stack.components.items():
        try:
            record = lookup(kind, name)
            flavor = registry.load(kind, record.flavor)
        except MissingToolError:
            continue
        except PodiumError as error:
            yield _fail(f"{kind} {name}", error.message, error.hint)
            continue
        contract = _CONTRACTS.get(kind)
        if contract and not issubclass(flavor, contract):
            yield _fail(f"{kind} {name}", f"flavor {record.flavor!r} does not extend {contract.__name__}")
        else:
            found[kind] = flavor, record
    if "orchestrator" in found:
        orchestrator = found["orchestrator"][0]
        assert issubclass(orchestrator, Orchestrator)
        yield from _missing(orchestrator, stack)
        if orchestrator.capabilities.remote:
            yield from _out_of_reach(orchestrator, found)


def _missing(orchestrator: type[Orchestrator[Settings]], stack: StackRecord) -> Iterator[StackFinding]:
    for kind in orchestrator.needed_kinds():
        if kind not in stack.components:
            what = f"orchestrator flavor {orchestrator.flavor!r} needs one, and the stack has none"
            yield _fail(kind, what, f"podium {kind} register, then give it to the stack: {KINDS[kind].flag} NAME")


def _out_of_reach(
    orchestrator: type[Orchestrator[Settings]],
    found: dict[str, tuple[type[Component[Settings]], ComponentRecord]],
) -> Iterator[StackFinding]:
    for kind in _REACHED_BY_JOBS:
        if kind in found:
            flavor, record = found[kind]
            if flavor.is_local(record.config):
                what = f"only this machine can reach it, and orchestrator flavor {orchestrator.flavor!r} runs elsewhere"
                hint = f"use another one: {KINDS[kind].flag} NAME; podium {kind} flavor list"
                yield _fail(f"{kind} {record.name}", what, hint)


def _fail(component: str, what: str, hint: str | None = None) -> StackFinding:
    return StackFinding(component, Finding("fail", what, hint))
