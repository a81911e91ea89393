"""`podium flavor`."""

from __future__ import annotations

from ...core.kinds import KINDS
from ..app import Command, noun
from ..flavors import show_flavors
from ..options import Output

app = noun("flavor", "Show the flavors of every kind of component.")


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List the flavors of every kind, as in: podium flavor list --output names"""
    show_flavors(KINDS.values(), output)
