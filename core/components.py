"""From a registration to a component: checks what is registered, and builds what was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import registry
from .store.config_store import ConfigStore
from .store.records import ComponentRecord
from .validation import as_json, validated

if TYPE_CHECKING:
    from .contracts.component import Component, Settings


def register(record: ComponentRecord, store: ConfigStore) -> bool:
    """Check the config against the flavor and store the record; return False when the same was registered before."""
    model = registry.load(record.kind, record.flavor).config_class
    config = validated(model, record.config, subject=_subject(record), where=f"flavor {record.flavor}")
    return store.register_component(replace(record, config=as_json(config)))


def build(record: ComponentRecord, store: ConfigStore) -> Component[Settings]:
    """Return the flavor's object for a stored component; raise DefinitionError when its config is not valid."""
    flavor = registry.load(record.kind, record.flavor)
    where = str(store.components(record.kind).path(record.name))
    config = validated(flavor.config_class, record.config, subject=_subject(record), where=where)
    return flavor(record.name, config)


def _subject(record: ComponentRecord) -> str:
    return f"{record.kind} {record.name!r}"
