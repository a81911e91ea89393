"""Host keys that are kept with a service connector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..dataclass import replace
from .host_keys import PINNED

if TYPE_CHECKING:
    from ..store.config_store import ConfigStore
    from ..store.records import ConnectorRecord
    from .errors import UnknownHostKey


def with_pins(record: ConnectorRecord, keys: Sequence[UnknownHostKey]) -> ConnectorRecord:
    """Return a record that vouches for these keys as well."""
    pinned = record.config.get(PINNED)
    lines = [*(pinned if isinstance(pinned, list) else []), *(key.line for key in keys)]
    return replace(record, config={**record.config, PINNED: lines})


def with_stored_pins(record: ConnectorRecord, store: ConfigStore) -> ConnectorRecord:
    """Return a record with the keys that the stored one of its name pins, unless it pins keys itself.

    They need not be given again: who repeats a registration whose hosts were vouched for changes nothing.
    """
    if record.name not in store.connectors.names():
        return record
    pinned = store.connectors.get(record.name).config.get(PINNED)
    return replace(record, config={PINNED: pinned, **record.config}) if pinned else record
