"""A stack as a text that `podium apply` takes: its components and their connectors, with references for secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..apply.config import config_class
from ..apply.manifest import SECTIONS, called, collection, owner
from ..dataclass import replace
from ..secrets.set_apart import set_apart
from ..store.document import dump_document

if TYPE_CHECKING:
    from ..spec import JSON
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord, ConnectorRecord, StackRecord


def export(stack: StackRecord, store: ConfigStore) -> str:
    """Return the text; a secret that was written into a file of the store by hand is left out of it.

    Raises NotFoundError when a component or a connector is gone.
    """
    components = [store.component(kind, name) for kind, name in stack.components.items()]
    connectors = [
        store.connectors.get(name) for name in dict.fromkeys(record.connector for record in components) if name
    ]
    parts: list[ComponentRecord | ConnectorRecord] = [*components, *connectors]
    sections: dict[str, JSON] = {}
    for key, section in SECTIONS.items():
        built_in = collection(section.what, store).built_in
        objects = {
            record.name: _without_secrets(record)
            for record in parts
            if called(record) == section.what and record.name not in built_in
        }
        if objects:
            sections[key] = {**objects}
    return dump_document({**sections, "stacks": {stack.name: stack.to_plain()}}).decode()


def _without_secrets(record: ComponentRecord | ConnectorRecord) -> dict[str, JSON]:
    config, _ = set_apart(config_class(record), record.config, record.config, owner(record))
    return replace(record, config=config).to_plain()
