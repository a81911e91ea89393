"""`podium service-connector`."""

from __future__ import annotations

from ..app import noun
from ..connectors import change, register, show, types

app = noun("service-connector", "Keep credentials for services, and share them.")
for verbs in (types, register, show, change):
    app.add_typer(verbs.app)
