"""The records of a collection as far as they can be read."""

from __future__ import annotations

from ..checks.component import findings_of
from ..contracts.component import Finding
from ..errors import PodiumError
from ..store.collection import Collection, RecordT


def read(collection: Collection[RecordT]) -> tuple[list[RecordT], list[Finding]]:
    """Return the records of the files that can be read, and the faults of the others."""
    records: list[RecordT] = []
    faults: list[Finding] = []
    for name in collection.names():
        try:
            records.append(collection.get(name))
        except PodiumError as error:
            faults += findings_of(error)
    return records, faults
