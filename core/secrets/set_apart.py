"""Which fields of a config are secret, and how their values leave it: into a secret of the object's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args, get_type_hints

from .references import reference, references
from .secret import Secret

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..spec import JSON


def secret_fields(model: type[Settings]) -> frozenset[str]:
    """Return the names of the fields whose type is `Secret`, optional ones too."""
    hints = get_type_hints(model)
    return frozenset(name for name in model.field_names() if Secret in (hints[name], *get_args(hints[name])))


def set_apart(
    model: type[Settings], plain: Mapping[str, JSON], given: Mapping[str, JSON], owner: str
) -> tuple[dict[str, JSON], dict[str, str]]:
    """Return `plain` with references to the secret `owner` in the secret fields, and the values given for those."""
    kept, apart = dict(plain), {}
    for name in secret_fields(model):
        value = given.get(name)
        if isinstance(value, str) and not list(references(value)):
            apart[name] = value
            kept[name] = reference(owner, name)
    return kept, apart
