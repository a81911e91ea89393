"""The environment that steps find."""

from __future__ import annotations

import os

_WITHHELD = "PODIUM_SECRETS_"
"""Prefix of variables that tell podium where secrets are: steps do not get them."""


def step_environment() -> dict[str, str]:
    """Return this process's environment as steps may see it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_WITHHELD)}
