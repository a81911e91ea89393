"""`podium image-builder`."""

from __future__ import annotations

from ...core.kinds import KINDS
from ..components.noun import component_app

app = component_app(KINDS["image-builder"])
