"""The output of one build: passed on line by line, and its end kept for the error, with the instruction at work."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from ..display.text import shown
from ..errors import PodiumError
from .faults import advice, explained

_KEPT = 20
_EXIT_CODE = re.compile(r"(?:non-zero code|exit code): (\d+)")


class BuildLog:
    """Gets what a builder prints; `instruction` is the one that it works at, None before the first."""

    def __init__(self, output: Callable[[str], None]) -> None:
        self._output = output
        self._tail: deque[str] = deque(maxlen=_KEPT)
        self.instruction: str | None = None

    def begin(self, instruction: str | None) -> None:
        """Note that what follows is the output of this instruction."""
        self.instruction = instruction
        self._tail.clear()

    def add(self, line: str, printed: str | None = None) -> None:
        """Take a line, and what of it the instruction itself has printed."""
        self._output(line)
        if printed and shown(printed).strip():
            self._tail.append(shown(printed))

    def failure(self, said: str, what: str) -> PodiumError:
        """Return the error for what the builder said last: the instruction, the end of its output, and a hint."""
        instruction = self.instruction
        if instruction is None or instruction.startswith("FROM "):
            return explained(said, f"{what}: {instruction}" if instruction else what)
        code = _EXIT_CODE.search(said)
        fault = f" ended with exit code {code[1]}" if code else f": {said}"
        tail = "".join(f"\n  | {line}" for line in self._tail)
        hint = advice(said + tail) or "the whole output: podium pipeline build FILE --verbose"
        return PodiumError(f"{what}: {instruction}{fault}{tail}", hint=hint)
