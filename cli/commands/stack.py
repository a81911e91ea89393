"""`podium stack`."""

from __future__ import annotations

from ..app import noun
from ..stacks import change, show, transfer

app = noun("stack", "Register, choose, check, share and delete stacks.")
for verbs in (change, show, transfer):
    app.add_typer(verbs.app)
