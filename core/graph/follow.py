"""Follow a run that its platform goes on with by itself: show what it records, and settle what it could not."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from ..background import in_background
from ..errors import ConflictError, PodiumError, RunCancelled
from ..execution.events import Listener, RunState, StepState
from ..execution.interrupts import Interrupts
from ..execution.submit import Ending
from ..records.writer import request_cancel
from .records_tail import RecordsTail

if TYPE_CHECKING:
    from ..contracts.graph_orchestrator import GraphStatus
    from ..spec import JSON
    from .platform_run import PlatformRun

_TICK, _REMOTE_TICK = 0.2, 1.0
"""Seconds between looks, in a local store and where each look is some requests."""
_PROMPT = 0.1
"""Seconds in which an interrupt is heard."""
_ASK, _ASK_SOON, _AWAY = 5.0, 1.0, 10.0
"""Seconds between questions to the platform: as a rule, near the end of a run, and when it has not answered."""
_PATIENCE = 600.0
"""Seconds for which a platform may stay away."""
_RECORDED = 5.0
"""Seconds for the end of a run to be recorded, once its platform says that it is over."""
_ENDING = 60.0
"""Seconds that a platform has for ending a run that was cancelled."""
_STATES: dict[JSON, RunState] = {"completed": "completed", "cancelled": "cancelled", "failed": "failed"}


def follow(run: PlatformRun, listener: Listener, interrupts: Interrupts) -> Ending:
    """Return when the run's end is recorded; the first interrupt cancels it, a second one leaves it to end by itself.

    A platform that is away for a while is waited for. Raises PodiumError when it stays away.
    """
    return _Follower(run, listener, interrupts).follow()


class _Follower:
    def __init__(self, run: PlatformRun, listener: Listener, interrupts: Interrupts) -> None:
        self._run = run
        self._name = run.header.name
        self._hint = f"see how it stands: podium runs show {run.header.id}"
        self._listener = listener
        self._interrupts = interrupts
        self._number = run.document.submission
        self._tail = RecordsTail(run.store, run.header.id, run.document, listener)
        self._ask_at = time.monotonic() + _ASK
        self._asked: Future[GraphStatus | None] | None = None
        self._over_since: float | None = None
        self._away_since: float | None = None
        self._cancelled_at: float | None = None

    def follow(self) -> Ending:
        began = time.monotonic()
        while (end := self._tail.look()) is None:
            self._hear_interrupts()
            self._hear_platform()
            self._pause()
        state = _STATES[end["state"]]
        seconds = time.monotonic() - began
        self._listener.run_ended(state, seconds)
        states: dict[str, StepState] = dict.fromkeys(self._run.document.done, "completed")
        return Ending(state, seconds, states | self._tail.states, self._tail.failures)

    def _pause(self) -> None:
        heard, until = self._interrupts.count, time.monotonic() + (_REMOTE_TICK if self._run.store.remote else _TICK)
        while self._interrupts.count == heard and time.monotonic() < until:
            time.sleep(_PROMPT)

    def _hear_interrupts(self) -> None:
        if self._interrupts.count and self._cancelled_at is None:
            self._cancelled_at = self._ask_at = time.monotonic()
            self._listener.notice("cancelling the run; once more leaves it to end by itself")
            request_cancel(self._run.store, self._run.header.id, self._number)
            self._asked = in_background(lambda: self._run.orchestrator.cancel(self._run.handle))
        if self._interrupts.count > 1:  # steps see the request, also where the platform does not hear of it any more
            raise RunCancelled(f"run {self._name} was asked to end, and may not have yet", hint=self._hint)
        if self._cancelled_at and time.monotonic() - self._cancelled_at > _ENDING:
            raise ConflictError(f"run {self._name} was cancelled, and does not end", hint=self._hint)

    def _hear_platform(self) -> None:
        """Ask the platform how the run stands, one question at a time, and hear what it has answered."""
        now = time.monotonic()
        if self._asked is None:
            if now >= self._ask_at:
                self._asked = in_background(lambda: self._run.orchestrator.status(self._run.handle))
        elif self._asked.done():
            asked, self._asked = self._asked, None
            try:
                status = asked.result()
                if status is not None:
                    self._judge(status, now)
            except ConflictError:  # another process settles the run
                self._ask_at = now + _ASK_SOON
            except PodiumError as error:
                self._bear(error, now)

    def _judge(self, status: GraphStatus, now: float) -> None:
        """Settle the run when it is over and nobody has."""
        if self._away_since is not None:
            self._away_since = None
            self._listener.notice("the platform answers again")
        if status.state in {"ended", "lost"}:
            self._over_since = self._over_since or now
        if status.state == "lost" or (self._over_since and now - self._over_since > _RECORDED):
            self._run.settle(status)
        self._ask_at = now + (_ASK_SOON if self._cancelled_at or self._over_since else _ASK)

    def _bear(self, error: PodiumError, now: float) -> None:
        self._ask_at = now + _AWAY
        if self._away_since is None:
            self._away_since = now
            goes_on = "steps end when they see the request" if self._cancelled_at else "the run goes on without"
            self._listener.notice(f"the platform does not answer, {goes_on}: {error.message}")
        elif now - self._away_since > _PATIENCE:
            raise error
