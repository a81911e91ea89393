"""What a registration without `--connector` does about a flavor that cannot do without one."""

from __future__ import annotations

from ...core.components.connections import candidates
from ...core.dataclass import replace
from ...core.store.config_store import ConfigStore
from ...core.store.records import ComponentRecord


def with_only_connector(record: ComponentRecord, store: ConfigStore) -> tuple[ComponentRecord, list[str]]:
    """Return a record with the only connector that it could use, and what to tell the user once it is stored."""
    components = store.components(record.kind)
    known = components.get(record.name).connector if record.name in components.names() else None
    if record.connector or known:
        return record, []
    found = candidates(record, store)
    if len(found) == 1:
        return replace(record, connector=found[0]), [f"connected to {found[0]!r}, the only service-connector for it"]
    connect = f"podium {record.kind} connect {record.name} --connector"
    if found:
        return record, ["note: several service-connectors are for it", *(f"hint: {connect} {name}" for name in found)]
    return record, ["note: it needs a service-connector, and there is none for it yet", f"hint: {connect} NAME"]
