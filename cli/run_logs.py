"""Print the logs of a run's steps, as they are or as they grow."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ..core.errors import NotFoundError
from ..core.names import did_you_mean
from ..core.records.documents import RunKeys
from ..core.records.reader import last_attempts, read_run, read_spec

if TYPE_CHECKING:
    from ..core.contracts.artifact_store import ArtifactStore

_TICK, _REMOTE_TICK = 0.2, 1.0
"""Seconds between looks, in a local store and where each look is some requests."""


def print_logs(store: ArtifactStore, run_id: str, step: str | None, *, follow: bool) -> None:
    """Print the last attempt's log of one step as it is, or of all steps, each line behind its step's name.

    Following goes on over retries until the run has ended; Ctrl-C ends it and leaves the run alone.
    """
    steps = [found.id for found in read_spec(store, run_id).steps]
    if step is not None and step not in steps:
        hint = did_you_mean(step, steps) or f"its steps are {', '.join(steps[:8])}"
        raise NotFoundError(f"run {run_id} has no step {step!r}", hint=hint)
    printed: dict[tuple[str, int], int] = {}
    ended: dict[str, tuple[int, bool]] = {}
    while True:
        live = follow and read_run(store, run_id).state in {"running", "initializing"}
        attempts = last_attempts(store, run_id)
        for name in steps if step is None else [step]:
            if name in attempts and not (live and ended.get(name) == attempts[name]):
                _print_new(store, run_id, name, attempts[name][0], printed, prefixed=step is None, live=live)
        ended = {name: attempt for name, attempt in attempts.items() if attempt[1]}
        sys.stdout.flush()
        if not live:
            return
        time.sleep(_REMOTE_TICK if store.remote else _TICK)


def _print_new(
    store: ArtifactStore,
    run_id: str,
    step: str,
    attempt: int,
    printed: dict[tuple[str, int], int],
    *,
    prefixed: bool,
    live: bool,
) -> None:
    offset = printed.get((step, attempt), 0)
    try:
        data = store.read_log(RunKeys(run_id).log(step, attempt), offset)
    except FileNotFoundError:
        return
    if prefixed and live:
        data = data[: data.rfind(b"\n") + 1]
    printed[step, attempt] = offset + len(data)
    text = data.decode(errors="replace")
    if prefixed:
        text = "".join(f"{step} | {line}\n" for line in text.splitlines())
    sys.stdout.write(text)
