"""The values of a component's or connector's config on their way into the store and out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DefinitionError, NotFoundError, PodiumError
from .secrets.redaction import remember
from .secrets.references import references, resolved
from .secrets.secret import Secret
from .secrets.set_apart import secret_fields, set_apart
from .validation import FieldError, SettingsT, as_json, validated

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


def stored(model: type[SettingsT], values: Mapping[str, JSON], *, subject: str, path: Path, update: str) -> SettingsT:
    """Return the settings of a stored config, its secrets resolved.

    Raises DefinitionError with the line of each fault. A plain secret is one, which the command `update` can mend.
    """
    try:
        _check_set_apart(model, values, subject=subject, where=str(path), update=update)
        return validated(model, with_secrets(values), subject=subject, where=str(path))
    except DefinitionError as error:
        raise DefinitionError(list(_with_lines(error.faults, path)), subject=subject) from error
    except NotFoundError as error:
        error.where = error.where or str(path)
        raise


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


def _check_set_apart(
    model: type[Settings], values: Mapping[str, JSON], *, subject: str, where: str, update: str
) -> None:
    plain = [
        name
        for name in (secret_fields(model) if values else ())
        if values.get(name) is not None and not list(references(values[name]))
    ]
    if plain:
        faults = [
            FieldError(
                name,
                f"field {name!r} is secret, and its value stands here for all to read",
                where=where,
                hint=f"{update} --{name}=-",
            )
            for name in sorted(plain)
        ]
        raise DefinitionError(faults, subject=subject)


def _with_lines(faults: Sequence[PodiumError], path: Path) -> Iterator[PodiumError]:
    """Yield faults with the lines on which the fields stand."""
    from .store.document import parse_document, read_bytes

    document = parse_document(path, read_bytes(path)).within("config") if path.exists() else None
    for fault in faults:
        if document and isinstance(fault, FieldError):
            yield document.fault(fault.message, fault.field, hint=fault.hint)
        else:
            yield fault
