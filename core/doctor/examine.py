"""Everything that can be wrong with podium on this machine, area by area, each finding with what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..checks.component import findings_of
from ..contracts.component import Finding
from ..dataclass import dataclass
from ..errors import PodiumError
from .artifacts import artifacts
from .configuration import configuration
from .installation import installation
from .programs import integrations, programs
from .secrets import secrets


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding and the area it belongs to."""

    area: str
    finding: Finding


AREAS: dict[str, Callable[[], Iterator[Finding]]] = {
    "installation": installation,
    "configuration": configuration,
    "secrets": secrets,
    "artifacts": artifacts,
    "integrations": integrations,
    "programs": programs,
}


def examine(stack: str | None = None) -> Iterator[Diagnosis]:
    """Yield what every area has to say, then what a stack's own check finds; an area that breaks is a finding."""
    for area, findings in AREAS.items():
        try:
            for finding in findings():
                yield Diagnosis(area, finding)
        except (PodiumError, OSError) as error:
            for finding in _told(error):
                yield Diagnosis(area, finding)
    if stack is not None:
        from ..checks.stack import check_stack
        from ..store.config_store import ConfigStore

        store = ConfigStore()
        for found in check_stack(store.stacks.find(stack), store):
            yield Diagnosis(found.component, found.finding)


def _told(error: PodiumError | OSError) -> Iterator[Finding]:
    if isinstance(error, PodiumError):
        yield from findings_of(error)
    else:
        yield Finding("fail", f"{error.strerror or error} (at {error.filename})", "look at that file's permissions")
