"""The display for terminals: a table of the steps that is redrawn in place, and their output scrolling above it."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from typing import TYPE_CHECKING, TextIO

from ..execution.events import RunState, StepChange
from ..spec import PipelineSpec
from .board import Board
from .plain import PlainDisplay, abandon
from .text import change_line, duration, heading, output_lines, shown

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

_FRAME = 0.2
"""Seconds between two drawings of the table."""
_STYLES = {"running": "cyan", "retrying": "yellow", "completed": "green", "cached": "green", "failed": "bold red"}


class LiveDisplay:
    """Takes events in microseconds; a thread of its own imports rich and draws a few times a second.

    Outside of a run there is no table: notices are plain lines then.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._plain = PlainDisplay(stream)
        self._lock = threading.Lock()
        self._lines: deque[str] = deque()
        self._board = Board(())
        self._over = threading.Event()
        self._painter: threading.Thread | None = None

    def run_started(self, run_id: str, run_name: str, spec: PipelineSpec, *, stack: str, url: str) -> None:
        """Put up the table."""
        self._plain.write(heading(run_id, run_name, spec, stack, url))
        self._board = Board(step.id for step in spec.steps)
        self._over.clear()
        self._painter = threading.Thread(target=self._paint, name="podium-display", daemon=True)
        self._painter.start()
        atexit.register(self._take_down)

    def step_changed(self, change: StepChange) -> None:
        """Change the step's row at the next drawing; why an attempt failed stays above the table."""
        with self._lock:
            self._board.change(change)
        if change.state == "retrying":
            self._lines.append(change_line(change))

    def step_output(self, step: str, text: str) -> None:
        """Show what the step printed above the table at the next drawing."""
        self._lines.extend(output_lines(step, text))

    def flush(self) -> None:
        """Leave it to the next drawing."""

    def notice(self, text: str) -> None:
        """Show a line above the table."""
        if self._painter is None:
            self._plain.notice(text)
        else:
            self._lines.append(f"podium: {shown(text)}")

    def run_ended(self, state: RunState, seconds: float) -> None:  # noqa: ARG002 - the summary says them
        """Draw the table a last time and leave it on the screen."""
        self._take_down()

    def _take_down(self) -> None:
        """Also at exit, when a run broke off: the terminal gets its cursor back."""
        if self._painter is not None:
            self._over.set()
            self._painter.join()
            self._painter = None
            atexit.unregister(self._take_down)

    def _paint(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, highlight=False)
        live = Live(
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            get_renderable=lambda: self._table(console.width, max(1, console.height - 4)),
        )
        try:
            with live:
                while not self._over.wait(_FRAME):
                    self._draw(live)
                self._draw(live)
        except OSError:  # the terminal is gone, the run goes on
            self._lines = deque(maxlen=0)
            abandon(self._stream)

    def _draw(self, live: Live) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            live.console.out("\n".join(lines), highlight=False)
        live.refresh()

    def _table(self, width: int, height: int) -> Group:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            rows, counts = self._board.rows(height), self._board.counts()
        table = Table(box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("step", no_wrap=True, max_width=max(4, min(32, width // 3)))
        table.add_column("state", no_wrap=True, min_width=9)
        table.add_column("time", no_wrap=True, min_width=6, justify="right")
        table.add_column("detail", no_wrap=True, ratio=1)
        for row in rows:
            seconds = "" if row.seconds is None else duration(row.seconds)
            style = _STYLES.get(row.state, "dim")
            table.add_row(Text(row.step), Text(row.state, style), seconds, Text(row.detail, "dim"))
        return Group(table, Text(f"{counts}, {duration(self._board.elapsed)} elapsed", "bold"))
