"""The table of results: each row a ratio, the bar it must keep and the bar it aims at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .measure import Figure

NOISE = 1.5
HEADINGS = ("workload", "podium", "against", "", "ratio", "of minima", "must", "aim", "verdict")


def milliseconds(value: float) -> str:
    return f"{value * 1e3:.4g} ms"


def mebibytes(value: float) -> str:
    return f"{value / 2**20:.4g} MiB"


def kilobytes(value: float) -> str:
    return f"{value / 1e3:.3g} kB"


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: `podium` over `other` may be `must` at most; a bar that is not set is None."""

    workload: str
    podium: Figure
    against: str
    other: Figure
    must: float | None
    aim: float | None
    unit: Callable[[float], str] = milliseconds

    @property
    def ratio(self) -> float:
        """Ratio of the medians: what the verdict goes by."""
        return self.podium.median / self.other.median

    @property
    def verdict(self) -> str:
        """Say which bar is kept, and whether the other side varied too much to tell."""
        if self.aim is not None and self.ratio <= self.aim:
            reached = "aim reached"
        elif self.must is not None and self.ratio <= self.must:
            reached = "must kept"
        else:
            reached = "aim missed" if self.must is None else "MUST MISSED"
        return f"{reached}, noisy" if self.other.median > NOISE * self.other.minimum else reached

    def cells(self) -> tuple[str, ...]:
        """Texts in the order of the headings."""
        return (
            self.workload,
            self.unit(self.podium.median),
            self.against,
            self.unit(self.other.median),
            f"{self.ratio:.2f}",
            f"{self.podium.minimum / self.other.minimum:.2f}",
            "" if self.must is None else f"{self.must:g}",
            "" if self.aim is None else f"{self.aim:g}",
            self.verdict,
        )


def render(rows: Sequence[Row]) -> str:
    """Align the rows under their headings; text to the left, numbers to the right."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = {HEADINGS.index(name) for name in ("workload", "against", "verdict")}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in text else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
