"""Which auth methods have which fields, and which fields a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.contracts.component import Settings
    from ...core.contracts.service_connector import AuthMethod


def given_names(args: Sequence[str], from_env: Sequence[str]) -> set[str]:
    """Return the names of the fields to which `read_fields` would give a value."""
    options = [word.removeprefix("--").partition("=")[0] for word in args]
    variables = [field or variable.lower() for field, _, variable in (text.rpartition("=") for text in from_env)]
    return {name.replace("-", "_") for name in [*options, *variables]}


def with_same_fields(methods: Sequence[AuthMethod]) -> list[tuple[str, type[Settings]]]:
    """Return the config classes of some auth methods that differ, each with the names of those that it is for."""
    from ...core.components.fields import fields_of

    groups: list[list[AuthMethod]] = []
    for method in methods:
        fields = fields_of(method.config_class)
        same = [group for group in groups if fields_of(group[0].config_class) == fields]
        if same:
            same[0].append(method)
        else:
            groups.append([method])
    return [(", ".join(method.name for method in group), group[0].config_class) for group in groups]
