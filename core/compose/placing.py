"""Which of several hosts a run goes to, and what its steps are given there of what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from ..dataclass import replace
from ..errors import DefinitionError, PodiumError
from .host_check import check_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..contracts.graph_orchestrator import Graph, GraphStep
    from ..spec import JSON, ResourceSpec, StepSpec
    from .host import ComposeHost
    from .host_config import ComposeHostConfig
    from .host_facts import HostFacts

    Indices: TypeAlias = Callable[[Mapping[str, JSON]], Sequence[int] | None]
    """Returns the GPUs that a step with such settings may use, None for all."""


def choose(
    hosts: Sequence[ComposeHost], config: ComposeHostConfig, steps: Iterable[StepSpec], indices: Indices
) -> ComposeHost:
    """Return the host with the fewest runs per processor, then the lowest load, of those that can run all steps.

    All are looked at at once. Raises every reason of every host when none can.
    """

    def reasons(host: ComposeHost) -> list[PodiumError]:
        try:
            found = check_host(host.facts, host.name, config)
        except PodiumError as error:
            return [error]
        faults = [PodiumError(finding.what, hint=finding.hint) for finding in found if finding.level == "fail"]
        return faults or [*_unfit(steps, host, indices)]

    with ThreadPoolExecutor(len(hosts)) as pool:
        faults = dict(zip(hosts, pool.map(reasons, hosts), strict=True))
    able = [host for host in hosts if not faults[host]]
    if able:
        return min(able, key=lambda host: _busy(host.facts))
    every = [fault for found in faults.values() for fault in found]
    if len(every) == 1:
        raise every[0]
    raise DefinitionError(every, subject=f"no run can start on {', '.join(host.name for host in hosts)}")


def fitted(graph: Graph, facts: HostFacts, indices: Indices) -> Graph:
    """Return a graph whose steps ask for no more GPUs than there are; more do only those that are not strict."""

    def fit(step: GraphStep) -> GraphStep:
        resources = step.job.resources
        count = min(resources.gpu_count, facts.gpu_count(resources.gpu_class, indices(step.job.settings)))
        return replace(step, job=replace(step.job, resources=replace(resources, gpu_count=count)))

    return replace(graph, steps=tuple(fit(step) for step in graph.steps))


def _unfit(steps: Iterable[StepSpec], host: ComposeHost, indices: Indices) -> Iterator[PodiumError]:
    for step in steps:
        if step.resources.strict:
            lacks = ", ".join(_lacking(step.resources, host.facts, indices(step.settings)))
            if lacks:
                yield PodiumError(
                    f"step {step.id!r} asks for more than {host.name} has: {lacks}",
                    hint="ask for less, or set strict_resources=False",
                )


def _lacking(resources: ResourceSpec, facts: HostFacts, indices: Sequence[int] | None) -> Iterator[str]:
    machine = facts.machine
    if resources.cpu_count is not None and resources.cpu_count > machine.cpus:
        yield f"{resources.cpu_count:g} of {machine.cpus:g} CPUs"
    if resources.memory is not None and resources.memory > machine.memory:
        yield f"{resources.memory / 2**30:.1f} of {machine.memory / 2**30:.1f} GiB memory"
    gpus = facts.gpu_count(resources.gpu_class, indices)
    if resources.gpu_count > gpus:
        kind = f"{resources.gpu_class} GPUs" if resources.gpu_class else "GPUs"
        yield f"{resources.gpu_count} of {gpus} {kind} ({facts.gpu_account})"


def _busy(facts: HostFacts) -> tuple[float, float]:
    return facts.runs / facts.machine.cpus, facts.load / facts.machine.cpus
