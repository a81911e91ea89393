"""Tell a listener what the records of a run say, as they grow; nothing is written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..execution.events import Listener, StepChange, StepState
from ..execution.job import StepFailure
from ..execution.log_tail import LogTail
from ..records.documents import RunKeys, decode, parse_step_name
from ..records.reader import FINALS, read_batches
from ..spec import RetrySpec
from .document import GraphDocument

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON

_ORDER = ("log", *reversed(FINALS))
"""What comes to be of one attempt, each of which counts for more than those before it."""
_ONCE = RetrySpec(0)
_LATE = 2.0
"""Seconds after an attempt's end is recorded in which the rest of its log appears."""


class RecordsTail:
    """Follows one submission.

    `states` are those of steps that have one, `failures` those of steps whose latest attempt has failed.
    """

    def __init__(self, store: ArtifactStore, run_id: str, document: GraphDocument, listener: Listener) -> None:
        self.states: dict[str, StepState] = {}
        self.failures: dict[str, StepFailure] = {}
        self._store = store
        self._keys = RunKeys(run_id)
        self._end = f"{document.submission}.end.json"
        self._before = document.attempts
        self._begun = dict(document.attempts)
        self._retries = {step.id: step.retry or _ONCE for step in document.spec.steps}
        self._listener = listener
        self._seen: set[str] = set()
        self._followed: dict[str, int] = {}
        self._offsets: dict[str, int] = {}
        self._closing: dict[str, float] = {}
        self._output = LogTail(self, listener)

    def look(self) -> dict[str, JSON] | None:
        """Tell what is new, and return the submission's end when it has one: then all has been told."""
        ended = self._end in set(self._store.names(self._keys.submissions))
        for step, attempt, what in self._news():
            if what == "log":
                self._begin(step, attempt)
            else:
                self._tell_end(step, attempt, what)
        self._output.poll()
        now = time.monotonic()
        for step in [step for step in self._followed if ended or self._closing.get(step, now) < now]:
            self._close(step)
        if ended:
            self._without_retry()
            self._without_attempt()
        self._listener.flush()
        return decode(self._store.read(f"{self._keys.submissions}/{self._end}")) if ended else None

    def output(self, step: str) -> bytes:
        """Return what the step's latest attempt has printed since the last call."""
        offset = self._offsets.get(step, 0)
        try:
            data = self._store.read_log(self._keys.log(step, self._followed[step]), offset)
        except FileNotFoundError:
            return b""
        self._offsets[step] = offset + len(data)
        return data

    def _news(self) -> list[tuple[str, int, str]]:
        """Return what is new of this submission's attempts in the order in which it came to be, step by step."""
        names = {*self._store.names(self._keys.logs), *self._store.names(self._keys.steps)} - self._seen
        self._seen |= names
        found = [(step, attempt, what) for step, attempt, what in map(parse_step_name, names) if what in _ORDER]
        new = [one for one in found if one[1] > self._before.get(one[0], 0)]
        return sorted(new, key=lambda one: (*one[:2], _ORDER.index(one[2])))

    def _begin(self, step: str, attempt: int) -> None:
        """Tell that an attempt runs, unless that was told: its log may be seen later than its end."""
        if attempt <= self._begun.get(step, 0):
            return
        self._begun[step] = attempt
        if step in self._followed:
            self._close(step)
        self._followed[step], self._offsets[step] = attempt, 0
        self._output.follow(step)
        self.failures.pop(step, None)
        self._tell(StepChange(step, "running", attempt))

    def _tell_end(self, step: str, attempt: int, what: str) -> None:
        document: dict[str, Any] = decode(self._store.read(self._keys.step(step, attempt, what)))
        if "seconds" in document:  # else nobody knows that it has begun
            self._begin(step, attempt)
        self._begun[step] = max(attempt, self._begun.get(step, 0))
        if self._followed.get(step) == attempt:
            self._output.read(step)
            self._closing[step] = time.monotonic() + _LATE
        failure = StepFailure(**document["error"]) if what == "failed" else None
        state: StepState = next(known for known in FINALS if known == what)
        detail, seconds = str(failure or document.get("detail", "")), document.get("seconds")
        retry, tried = self._retries[step], attempt - self._before.get(step, 0)
        self.failures.pop(step, None)
        if failure:
            self.failures[step] = failure
        if failure and tried <= retry.max_retries:
            state, detail, seconds = "retrying", f"again in {retry.pause(tried):g}s after {failure}", None
        self._tell(StepChange(step, state, attempt, detail, seconds))

    def _close(self, step: str) -> None:
        self._output.finish(step, None)
        self._closing.pop(step, None)
        del self._followed[step]

    def _without_retry(self) -> None:
        """Tell that steps have failed which had retries left: their jobs are gone, too."""
        for step in [step for step, state in self.states.items() if state == "retrying"]:
            self._tell(StepChange(step, "failed", self._begun[step], str(self.failures[step])))

    def _without_attempt(self) -> None:
        for step, view in read_batches(self._store, self._keys.run_id).items():
            if step in self._retries and self.states.get(step) != view.state:
                self._tell(StepChange(step, view.state, view.attempt, view.detail))

    def _tell(self, change: StepChange) -> None:
        self.states[change.step] = change.state
        self._listener.step_changed(change)
