"""From a registration to a component: checks what is registered, sets secrets apart, and builds what was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import config_values, registry
from .store.config_store import ConfigStore
from .store.records import ComponentRecord
from .validation import validated

if TYPE_CHECKING:
    from .contracts.component import Component, Settings


def register(record: ComponentRecord, store: ConfigStore) -> bool:
    """Check the config against the flavor and store the record; return False when the same was registered before."""
    model = registry.load(record.kind, record.flavor).config_class
    config, _secrets = config_values.checked(
        model,
        record.config,
        owner=f"{record.kind}.{record.name}",
        subject=_subject(record),
        where=f"flavor {record.flavor}",
    )
    return store.register_component(replace(record, config=config))


def build(record: ComponentRecord, store: ConfigStore) -> Component[Settings]:
    """Return the flavor's object for a stored component; raise DefinitionError when its config is not valid."""
    flavor = registry.load(record.kind, record.flavor)
    where = str(store.components(record.kind).path(record.name))
    values = config_values.with_secrets(record.config)
    return flavor(record.name, validated(flavor.config_class, values, subject=_subject(record), where=where))


def _subject(record: ComponentRecord) -> str:
    return f"{record.kind} {record.name!r}"
