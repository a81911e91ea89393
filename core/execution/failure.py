"""Tell a step's failure as its author would want to read it."""

from __future__ import annotations

from types import TracebackType

from ..secrets.redaction import redacted
from .job import StepFailure


def describe(error: BaseException) -> StepFailure:
    """Name the exception and keep the traceback's frames that are neither podium's nor those it goes through.

    Neither shows the secrets that this process was given.
    """
    return StepFailure(type(error).__name__, redacted(str(error)), redacted(_traceback(error)))


def is_podiums_own(error: BaseException) -> bool:
    """Say whether the exception was raised in podium's code, not in the user's or in what that calls."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return frame is not None and _module(frame).partition(".")[0] == "podium"


def _traceback(error: BaseException) -> str:
    import traceback

    seen: BaseException | None = error
    chain: set[int] = set()
    while seen is not None and id(seen) not in chain:
        chain.add(id(seen))
        seen.__traceback__ = _without_podium(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
    if error.__traceback__ is None:
        return ""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()


def _without_podium(frame: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while frame is not None:
        if not _is_machinery(frame):
            kept.append(frame)
        frame = frame.tb_next
    following: TracebackType | None = None
    for frame in reversed(kept):
        following = TracebackType(following, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return following


def _is_machinery(frame: TracebackType) -> bool:
    return _module(frame).partition(".")[0] in {"podium", "importlib", "contextlib"}


def _module(frame: TracebackType) -> str:
    """Podium's own modules are known by name; its path also holds examples, which are users' files."""
    return str(frame.tb_frame.f_globals.get("__name__", ""))
