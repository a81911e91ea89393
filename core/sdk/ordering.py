"""The order of step calls: what `after` means, and a sequence in which nothing comes before what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from ..names import did_you_mean
from ..spec import upstreams
from .artifact import StepArtifact
from .step import Step

if TYPE_CHECKING:
    from .place import Place
    from .trace import Invocation, Trace


def predecessors(trace: Trace) -> dict[str, tuple[str, ...]]:
    """Return for each call the ids that it comes after without taking data; what names no call becomes a fault."""
    calls: dict[Step[..., object], list[str]] = {}
    for invocation in trace.invocations.values():
        calls.setdefault(invocation.step, []).append(invocation.id)
    declared: dict[Step[..., object], list[str]] = {}
    for ordering in trace.orderings:
        subject = f"step {ordering.step.name!r}"
        declared.setdefault(ordering.step, []).extend(_ids(trace, calls, ordering.after, subject, ordering.place))
    found: dict[str, tuple[str, ...]] = {}
    for invocation in trace.invocations.values():
        step = invocation.step
        if invocation.after or step in declared or step.predecessors:
            ids = [
                *_ids(trace, calls, invocation.after, f"step {invocation.id!r}", invocation.place),
                *declared.get(step, ()),
                *_ids(trace, calls, step.predecessors, f"step {step.name!r}", None),
            ]
            found[invocation.id] = tuple(dict.fromkeys(ids))
    return found


def _ids(
    trace: Trace,
    calls: Mapping[Step[..., object], list[str]],
    others: Iterable[object],
    subject: str,
    place: Place | None,
) -> Iterable[str]:
    """Yield the ids that predecessors stand for; `place` is None for those of the step itself, which may be absent."""
    for other in others:
        problem = hint = None
        if isinstance(other, Step) and other in calls:
            yield from calls[other]
        elif isinstance(other, Step):
            problem = f"comes after step {other.name!r}, which this pipeline does not call"
        elif isinstance(other, StepArtifact):
            if other.trace is trace:
                yield other.upstream.step
            else:
                problem = f"comes after {other!r} of another pipeline run"
        elif isinstance(other, str) and other in trace.invocations:
            yield other
        elif isinstance(other, str):
            problem = f"comes after {other!r}, but no step has this id"
            hint = did_you_mean(other, trace.invocations)
        else:
            problem = f"cannot come after {other!r}: give steps, their results or their ids"
        if problem and place:
            trace.fault(f"{subject} {problem}", place, hint)


def ordered(trace: Trace, after: Mapping[str, tuple[str, ...]]) -> list[Invocation]:
    """Return the calls in topological order, otherwise as they were made; a cycle becomes a fault."""
    waiting: dict[str, set[str]] = {}
    followers: dict[str, list[str]] = {}
    for invocation in trace.invocations.values():
        ups = {found.step for value in invocation.inputs.values() for found in upstreams(value)}
        ups.update(after.get(invocation.id, ()))
        waiting[invocation.id] = ups
        for up in ups:
            followers.setdefault(up, []).append(invocation.id)
    return _sorted(trace, waiting, followers)


def _sorted(trace: Trace, waiting: dict[str, set[str]], followers: dict[str, list[str]]) -> list[Invocation]:
    ids = list(trace.invocations)
    position = {step: index for index, step in enumerate(ids)}
    ready = [position[step] for step, ups in waiting.items() if not ups]
    heapify(ready)
    result: list[Invocation] = []
    while ready:
        step = ids[heappop(ready)]
        result.append(trace.invocations[step])
        for follower in followers.get(step, ()):
            waiting[follower].discard(step)
            if not waiting[follower]:
                heappush(ready, position[follower])
    if len(result) < len(ids):
        _report_cycle(trace, {step: ups for step, ups in waiting.items() if ups})
    return result


def _report_cycle(trace: Trace, waiting: Mapping[str, set[str]]) -> None:
    path = [min(waiting)]
    while len(set(path)) == len(path):
        path.append(min(waiting[path[-1]]))
    cycle = path[path.index(path[-1]) :][::-1]
    places = ", ".join(str(trace.invocations[step].place) for step in cycle[:-1])
    trace.fault(
        f"steps wait for each other: {' -> '.join(cycle)} (called at {places})",
        trace.invocations[cycle[0]].place,
        "take away one of the orderings given by after",
    )
