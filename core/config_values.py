"""The values of a component's or connector's config on their way into the store and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .secrets.redaction import remember
from .secrets.references import references, resolved
from .secrets.secret import Secret
from .secrets.set_apart import secret_fields, set_apart
from .validation import as_json, validated

if TYPE_CHECKING:
    from .contracts.component import Settings
    from .spec import JSON


def checked(
    model: type[Settings], values: Mapping[str, JSON], *, owner: str, subject: str, where: str
) -> tuple[dict[str, JSON], dict[str, str]]:
    """Return the config to store, and the values of its secret fields, which belong in the secret called `owner`.

    Values are checked with their references resolved and stored with them; the secret ones are masked in what podium
    prints from now on. Raises DefinitionError with every fault, NotFoundError for a secret that does not exist.
    """
    plain = as_json(validated(model, with_secrets(values), subject=subject, where=where))
    kept = {name: values[name] if list(references(values[name])) else plain[name] for name in plain}
    config, secrets = set_apart(model, kept, values, owner)
    for secret in secrets.values():
        remember(secret)
    return config, secrets


def masked(model: type[Settings], values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the values of a stored config as they may be shown, references as they are."""
    secret = secret_fields(model)
    return {
        name: str(Secret(value)) if name in secret and isinstance(value, str) else value
        for name, value in values.items()
    }


def with_secrets(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the values with every `{{name.key}}` replaced by the secret; raise NotFoundError when there is none."""
    if not list(references(dict(values))):
        return dict(values)
    from .secrets.vault import read_key

    return {name: resolved(value, read_key) for name, value in values.items()}
