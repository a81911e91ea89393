"""Where in the user's own code something was written: the line that error messages point at."""

from __future__ import annotations

import os
import sys
from types import FrameType, FunctionType

from ..dataclass import dataclass

_OWN = tuple(f"{__file__.rpartition('core')[0]}{folder}{os.sep}" for folder in ("core", "cli"))


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; as text `file:line`, relative to the working directory where the file is below it."""

    file: str
    line: int

    def __str__(self) -> str:
        """Render for an error message."""
        return f"{self.file.removeprefix(os.getcwd() + os.sep)}:{self.line}"  # noqa: PTH109 - text, not a path


def caller() -> Place:
    """Return the innermost line of the call stack that is not podium's."""
    frame = calling_frame()
    return Place(frame.f_code.co_filename, frame.f_lineno)


def calling_frame() -> FrameType:
    """Return the innermost frame of the call stack that is not podium's."""
    frame = sys._getframe(1)  # noqa: SLF001 - the one way to a frame that costs nothing
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame


def written(function: object) -> FunctionType | None:
    """Return the function that the user wrote, below any decorators; None for what is no Python function."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function if isinstance(function, FunctionType) else None


def definition(function: object) -> Place:
    """Return the line where a function begins, its first decorator included; raise TypeError for what is none."""
    code = written(function)
    if code is None:
        raise TypeError(f"{function!r} is no Python function")
    return Place(code.__code__.co_filename, code.__code__.co_firstlineno)
