"""Run one attempt of one step, wherever that is, and record it: the same program for every flavor.

The runner is the only writer of an attempt's log and of its `completed` and `failed` documents.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ..artifacts.record import ArtifactRecord
from ..artifacts.transfer import load_value, save_value
from ..cache import entries
from ..errors import PodiumError, UsageError
from ..records.documents import RunKeys, encode
from ..sdk import context as step_context
from ..sdk.step import Step
from ..secrets.redaction import redacted, remember
from ..spec import JSON, Collection, Input, Parameter, Stored
from .failure import describe
from .job import StepFailure, StepJob, StepOutcome

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


def run_step(
    job: StepJob,
    store: ArtifactStore,
    *,
    prepare: Callable[[], None] = lambda: None,
    record: Callable[[str, bytes], None] | None = None,
) -> StepOutcome:
    """Load the inputs, call the function, store the outputs and the record; never raises for what the step does.

    `prepare` is called first, and what it raises is the step's failure. `record` stores the record, in place of the
    store's `write`. KeyboardInterrupt, which a termination signal raises, passes through, so that nothing is recorded.
    """
    for secret in job.delivery.hidden if job.delivery else ():
        remember(secret)
    if job.failure is not None:
        prepare()
        return _after_death(job, job.failure, store)
    record = record or store.write
    keys = RunKeys(job.run_id)
    started = time.time()
    clock = time.perf_counter()
    context = step_context.StepContext(job, store)
    step_context.enter(context)
    try:
        prepare()
        step = load_step(job)
        value = step.entrypoint(**{name: _load(value, name, step, store) for name, value in job.inputs.items()})
        outputs = _save_outputs(job, value, store, keys, step)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a step raises, sys.exit() included, is its failure
        return _failed(context, describe(error), keys, time.perf_counter() - clock, record)
    finally:
        step_context.enter(None)
    seconds = time.perf_counter() - clock
    stored: dict[str, JSON] = {}
    stored.update((name, record.to_json()) for name, record in outputs.items())
    document: dict[str, JSON] = {
        "run_id": job.run_id,
        "step": job.step.id,
        "attempt": job.attempt,
        "at": started + seconds,
        "seconds": seconds,
        "outputs": stored,
    }
    if context.metadata:
        document["metadata"] = context.metadata
    if context.output_metadata:
        document["output_metadata"] = {**context.output_metadata}
    completed = keys.step(job.step.id, job.attempt, "completed")
    data = encode(document)
    record(completed, data)
    _publish(job, completed, data, outputs, store)
    if job.step.on_success:
        _call_hook(job.step.on_success, "success", context)
    return StepOutcome(seconds, outputs)


def warm_up() -> None:
    """Do now, once, what every worker forked from this process would do for its first step."""
    from ..artifacts import named
    from ..materializers.registry import candidates

    assert named
    candidates(object)
    for value in list(vars(sys.modules["__main__"]).values()):
        if isinstance(value, Step):
            for output in value.signature.outputs:
                if isinstance(output.annotation, type):
                    candidates(output.annotation)


def load_step(job: StepJob) -> Step[..., object]:
    """Import the step's module and find the step in it; unpickle it where it cannot be imported."""
    if job.step.pickled is not None:
        import base64
        import pickle

        return Step(pickle.loads(base64.b64decode(job.step.pickled)))  # noqa: S301 - made by this run's own client
    found = _resolve(job.step.source)
    if not isinstance(found, Step):
        raise UsageError(
            f"{job.step.source} is not a step",
            where=f"step {job.step.id}",
            hint="a step must keep its name in its module: do not rebind the decorated function",
        )
    return found


def _resolve(source: str) -> object:
    module, _, path = source.partition(":")
    found: object = sys.modules.get(module) or importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _load(value: Input, name: str, step: Step[..., object], store: ArtifactStore) -> object:
    if isinstance(value, Parameter):
        return step.validate_parameter(name, value.value)
    return _value(value, step.annotation(name), store)


def _value(value: Input, expected: object, store: ArtifactStore) -> object:
    if isinstance(value, Stored):
        return load_value(store, ArtifactRecord.from_json(value.record), expected)
    if isinstance(value, Collection):
        items = [_value(item, None, store) for item in value.items]
        if value.kind == "dict":
            return dict(zip(value.keys, items, strict=True))
        return tuple(items) if value.kind == "tuple" else items
    if isinstance(value, Parameter):
        return value.value
    raise UsageError(f"output {value.output!r} of step {value.step!r} was not resolved")


def _save_outputs(
    job: StepJob, value: object, store: ArtifactStore, keys: RunKeys, step: Step[..., object]
) -> dict[str, ArtifactRecord]:
    outputs = job.step.outputs
    if not outputs:
        return {}
    values: tuple[object, ...] = (value,)
    if len(outputs) > 1:
        if not isinstance(value, (tuple, list)) or len(value) != len(outputs):
            got = f"{len(value)} values" if isinstance(value, (tuple, list)) else f"one {type(value).__name__}"
            names = ", ".join(output.name for output in outputs)
            raise UsageError(
                f"step {job.step.id!r} has {len(outputs)} outputs ({names}), returned {got}",
                hint="return a tuple with one value for each annotated output",
            )
        values = tuple(value)
    step.check_outputs(values)
    return {
        output.name: save_value(
            store,
            keys.artifact(job.step.id, job.attempt, output.name),
            found,
            materializer=output.materializer,
        )
        for output, found in zip(outputs, values, strict=True)
    }


def _publish(
    job: StepJob, completed: str, data: bytes, outputs: dict[str, ArtifactRecord], store: ArtifactStore
) -> None:
    """Enter the cache entry and the names of named outputs; they follow the record, so they never point at nothing."""
    if job.cache_key:
        entries.remember(store, job.cache_key, completed, data)
    for output in job.step.outputs:
        if output.named:
            from ..artifacts.named import publish

            publish(store, output.name, f"{job.run_id}.{job.step.id}", outputs[output.name])


def _failed(
    context: step_context.StepContext,
    failure: StepFailure,
    keys: RunKeys,
    seconds: float,
    record: Callable[[str, bytes], None],
) -> StepOutcome:
    job = context.job
    print(failure.traceback or failure, file=sys.stderr, flush=True)
    document: dict[str, JSON] = {"at": time.time(), "seconds": seconds, "error": failure.to_json()}
    if context.metadata:
        document["metadata"] = context.metadata
    record(keys.step(job.step.id, job.attempt, "failed"), encode(document))
    if job.step.on_failure and not job.retries_left:
        _call_hook(job.step.on_failure, "failure", context, failure)
    return StepOutcome(seconds, failure=failure)


def _after_death(job: StepJob, failure: StepFailure, store: ArtifactStore) -> StepOutcome:
    """Call the failure hook in place of a process that was killed; the driver has recorded the failure."""
    context = step_context.StepContext(job, store)
    step_context.enter(context)
    try:
        _call_hook(str(job.step.on_failure), "failure", context, failure)
    finally:
        step_context.enter(None)
    return StepOutcome(0.0, failure=failure)


def _call_hook(source: str, what: str, context: step_context.StepContext, failure: StepFailure | None = None) -> None:
    """Call a hook, with the failure where it takes one; a hook that fails is told in the log and changes nothing."""
    import inspect

    step_context.enter(context)
    try:
        hook = cast("Callable[..., object]", _resolve(source))
        takes = len(inspect.signature(hook).parameters)
        hook(*((PodiumError(str(failure)),) if failure is not None and takes else ()))
    except Exception as error:  # noqa: BLE001 - a hook is the user's code
        text = redacted(f"podium: {what} hook of {context.step_name} failed: {error!r}")
        print(text, file=sys.stderr, flush=True)
    finally:
        step_context.enter(None)
