"""What service connectors reach: all of them are asked at once, and none is waited for longer than a limit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import PodiumError
from ..secrets.redaction import redacted
from .building import build, check_expiry, scope
from .types import load_type

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.service_connector import ServiceConnector
    from ..spec import JSON
    from ..store.config_store import ConfigStore
    from ..store.records import ConnectorRecord

PATIENCE = 30.0
"""Seconds that a connector may take to list its resources."""


@dataclass(slots=True)
class Reached:
    """The resources of one type that one connector reaches, or why it reaches none."""

    connector: str
    type: str
    resource_type: str | None
    resource_ids: Sequence[str] = ()
    error: str | None = None

    def to_plain(self) -> dict[str, JSON]:
        """Return a row to print."""
        return {
            "connector": self.connector,
            "type": self.type,
            "resource_type": self.resource_type,
            "resource_ids": list(self.resource_ids),
            "error": self.error,
        }


def verify(
    record: ConnectorRecord,
    connector: ServiceConnector[Settings],
    resource_type: str | None = None,
    resource_id: str | None = None,
) -> list[Reached]:
    """Return what a connector reaches; raise AccessError when it has expired, or does not reach its service."""
    check_expiry(record)
    chosen = scope(connector, resource_type, resource_id)
    connector.verify(*chosen)
    return reachable([connector], *chosen)


def reachable(
    connectors: Sequence[ServiceConnector[Settings]],
    resource_type: str | None = None,
    resource_id: str | None = None,
    *,
    patience: float = PATIENCE,
) -> list[Reached]:
    """Return what each connector reaches, of every type that it gives access to unless one is asked for."""
    asked = [
        (connector, Reached(connector.name, connector.type, name), chosen)
        for connector in connectors
        for names, chosen in [_asked(connector, resource_type, resource_id)]
        for name in names
    ]
    # Daemon threads: an SDK that hangs must not keep the command from ending.
    threads = [threading.Thread(target=_reach, args=parts, daemon=True) for parts in asked]
    for thread in threads:
        thread.start()
    deadline = monotonic() + patience
    for thread in threads:
        thread.join(min(max(0.0, deadline - monotonic()), threading.TIMEOUT_MAX))
    return [
        Reached(row.connector, row.type, row.resource_type, error=f"no answer within {patience:g} s")
        if thread.is_alive()
        else row
        for thread, (_, row, _) in zip(threads, asked, strict=True)
    ]


def all_reachable(
    store: ConfigStore,
    *,
    type_name: str | None = None,
    resource_type: str | None = None,
    resource_id: str | None = None,
    patience: float = PATIENCE,
) -> list[Reached]:
    """Return what every registered connector that may have such resources reaches, sorted by its name."""
    rows: list[Reached] = []
    connectors: list[ServiceConnector[Settings]] = []
    for record in store.connectors.all():
        if type_name not in {None, record.type}:
            continue
        try:
            if _may_have(record, resource_type, resource_id):
                check_expiry(record)
                connectors.append(build(record, store))
        except PodiumError as error:
            rows.append(Reached(record.name, record.type, resource_type, error=error.message))
    rows += reachable(connectors, resource_type, resource_id, patience=patience)
    return sorted(rows, key=lambda row: row.connector)


def _may_have(record: ConnectorRecord, resource_type: str | None, resource_id: str | None) -> bool:
    known = [known.name for known in load_type(record.type).resource_types]
    types = [record.resource_type] if record.resource_type else known
    return resource_type in {None, *types} and (
        None in {resource_id, record.resource_id} or resource_id == record.resource_id
    )


def _asked(
    connector: ServiceConnector[Settings], resource_type: str | None, resource_id: str | None
) -> tuple[list[str], str | None]:
    chosen, resource = scope(connector, resource_type, resource_id)
    return ([chosen] if chosen else [known.name for known in connector.resource_types]), resource


def _reach(connector: ServiceConnector[Settings], row: Reached, resource_id: str | None) -> None:
    assert row.resource_type is not None
    try:
        if resource_id:
            connector.verify(row.resource_type, resource_id)
            row.resource_ids = (resource_id,)
        else:
            row.resource_ids = sorted(connector.resources(row.resource_type))
    except PodiumError as error:
        row.error = error.message
    except Exception as error:  # noqa: BLE001 - one connector's fault is not the others'
        row.error = f"{type(error).__name__}: {redacted(str(error))}"
