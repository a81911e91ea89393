"""The table of flavors that several nouns show."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.kinds import Kind
from .output import show_list


def show_flavors(kinds: Iterable[Kind], output: str) -> None:
    """Print every flavor of some kinds, built or planned."""
    from ..core.registry import flavors

    rows = [
        {
            "name": info.name,
            "kind": kind.name,
            "integration": info.integration,
            "status": info.status,
            "notes": info.notes,
        }
        for kind in kinds
        for info in flavors(kind.name).values()
    ]
    show_list(rows, output)
