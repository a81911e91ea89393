"""The noun of one kind of component, with every verb that components have."""

from __future__ import annotations

import typer

from ...core.kinds import Kind
from ..app import noun
from . import change, flavors, registration, show


def component_app(kind: Kind) -> typer.Typer:
    """Return the noun of one kind of component."""
    app = noun(kind.name, f"Register, change and delete {kind.plural}.")
    for verbs in (registration, show, change, flavors):
        verbs.add(app, kind)
    return app
