"""The config of one object of a manifest: checked field by field, secrets as references only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import registry
from ..connectors.types import load_type, method_of
from ..errors import DefinitionError, PodiumError
from ..secrets.references import reference, references, resolved
from ..secrets.set_apart import secret_fields
from ..store.records import ComponentRecord, ConnectorRecord
from ..validation import FieldError, as_json, validated

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..spec import JSON
    from .manifest import Entry
    from .secrets import KnownSecrets


def checked_config(entry: Entry, model: type[Settings], secrets: KnownSecrets) -> dict[str, JSON]:
    """Return the config as it is stored, references and all; raise DefinitionError with every fault.

    A field whose secret is missing passes, since its value cannot be known.
    """
    given = entry.config
    faults = list(_plain_secrets(entry, model, secrets))
    unknown = {field for field, value in given.items() if secrets.missing(value)}
    values = {field: resolved(value, secrets.value) for field, value in given.items()}
    config = dict(given)
    try:
        plain = as_json(validated(model, values, subject=entry.owner, where=""))
        config = {field: given[field] if list(references(given[field])) else plain[field] for field in plain}
    except DefinitionError as error:
        for fault in error.faults:
            field = fault.field if isinstance(fault, FieldError) else ""
            if field in unknown or (unknown and not field):
                continue
            faults.append(entry.document.fault(fault.message, "config", field, hint=fault.hint))
    if faults:
        raise DefinitionError(faults, subject=entry.owner)
    return config


def config_class(record: ComponentRecord | ConnectorRecord) -> type[Settings]:
    """Return the class of a record's config; raise the reason why there is none."""
    if isinstance(record, ComponentRecord):
        return registry.load(record.kind, record.flavor).config_class
    return method_of(load_type(record.type), record.auth_method).config_class


def _plain_secrets(entry: Entry, model: type[Settings], secrets: KnownSecrets) -> list[PodiumError]:
    return [
        entry.document.fault(
            f"field {field!r} is secret, and its value stands here for all to read",
            "config",
            field,
            hint=f"write {reference(entry.owner, field)!r} here, and: {secrets.how_to_add(entry.owner, field)}",
        )
        for field in sorted(secret_fields(model) & set(entry.config))
        if entry.config[field] is not None and not list(references(entry.config[field]))
    ]
