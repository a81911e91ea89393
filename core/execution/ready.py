"""What stands before a run, whoever walks its graph: the gate, and what the user is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..display.select import select
from ..spec import PipelineSpec, StepSpec
from . import gate
from .delivery import Delivery
from .events import Listener

if TYPE_CHECKING:
    from ..records.documents import RunHeader
    from ..sdk.options import RunOptions
    from ..stacks.stack import Stack
    from .in_containers import Containers


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that may start: the secrets of its steps, who is told of it, and for steps in containers their images."""

    deliveries: Mapping[str, Delivery]
    listener: Listener
    containers: Containers | None


def make_ready(
    spec: PipelineSpec,
    header: RunHeader,
    stack: Stack,
    options: RunOptions,
    refuse: Callable[[StepSpec], str | None],
    *,
    detach: bool,
) -> Ready:
    """Return what a run needs before it starts; raise DefinitionError with every reason why it cannot run here.

    `refuse` says of a step why it can never run here. A dry run raises Planned, which is a SystemExit.
    """
    orchestrator = stack.orchestrator
    deliveries = gate.check(spec, orchestrator, refuse, detach=detach)
    listener = select(sys.stderr, quiet=options.quiet)
    containers: Containers | None = None
    if orchestrator.capabilities.images and not options.runs_in_process:
        from .in_containers import Containers

        containers = Containers(stack, header.code, listener.notice)
    if options.dry_run:
        from .plan import Planned, make_plan

        raise Planned(make_plan(spec, stack, containers, deliveries, enable_cache=header.enable_cache))
    ignored = gate.not_applied(spec, orchestrator)
    if ignored:
        listener.notice(f"orchestrator {orchestrator.flavor!r} does not use the settings {', '.join(ignored)}")
    return Ready(deliveries, listener, containers)
