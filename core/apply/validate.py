"""Everything that can be wrong with a manifest, found before anything is written, each fault with its file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .. import registry
from ..checks.static import never_runs
from ..components import connections
from ..connectors import building
from ..connectors.types import load_type, method_of
from ..dataclass import replace
from ..errors import DefinitionError, PodiumError
from ..expiry import in_utc, read_time
from ..kinds import KINDS
from ..secrets.references import resolved
from ..store.records import ComponentRecord, ConnectorRecord, StackRecord
from .config import checked_config
from .manifest import ACTIVE, Entry, Manifest, Record, collection

if TYPE_CHECKING:
    from ..store.config_store import ConfigStore
    from ..store.document import Document
    from .secrets import KnownSecrets


class Validation:
    """What a manifest comes to: `records`, as the store would keep them and in the order to write them, or `faults`.

    `missing` holds where the file refers to a secret, by its name and key, that nobody has; that is no fault yet.
    """

    def __init__(self, manifest: Manifest, store: ConfigStore, secrets: KnownSecrets, *, force: bool = False) -> None:
        self.records: list[Record] = []
        self.faults = list(manifest.faults)
        self.missing: dict[tuple[str, str], str] = {}
        self.active: str | None = None
        self._manifest = manifest
        self._store = store
        self._secrets = secrets
        self._force = force
        self._faulty: set[str] = set()
        self._each("service-connector", self._connector)
        for kind in KINDS:
            self._each(kind, self._component)
        self._each("stack", self._stack)
        if manifest.active:
            self.active, document = manifest.active
            with self._collecting(), _located(document, ACTIVE):
                self._find("stack", self.active)

    def _each(self, what: str, check: Callable[[Entry], Record]) -> None:
        for entry in self._manifest.of(what):
            self._faulty.add(entry.owner)
            for field, value in entry.config.items():
                place = entry.document.place("config", field)
                self.missing.update(dict.fromkeys(self._secrets.missing(value), place))
            with self._collecting():
                record = check(entry)
                with _located(entry.document):
                    collection(what, self._store).check_put(record)
                self.records.append(record)
                self._faulty.remove(entry.owner)

    def _connector(self, entry: Entry) -> ConnectorRecord:
        record = entry.record
        assert isinstance(record, ConnectorRecord)
        with _located(entry.document, "type"):
            kind = load_type(record.type)
        with _located(entry.document, "auth_method"):
            model = method_of(kind, record.auth_method).config_class
        config = checked_config(entry, model, self._secrets)
        if any(self._secrets.missing(value) for value in config.values()):
            return record
        with _located(entry.document, "expires_at"):
            expires_at = record.expires_at and in_utc(read_time(record.expires_at))
        with _located(entry.document, "resource_type"):
            known = {field: resolved(value, self._secrets.value) for field, value in config.items()}
            connector = building.built(replace(record, config=known), where=entry.document.place())
            resource_type, _ = building.scope(connector, None, None)
        return replace(record, config=config, expires_at=expires_at, resource_type=resource_type)

    def _component(self, entry: Entry) -> ComponentRecord:
        record = entry.record
        assert isinstance(record, ComponentRecord)
        with _located(entry.document, "flavor"):
            model = registry.load(record.kind, record.flavor).config_class
        config = checked_config(entry, model, self._secrets)
        if record.connector:
            with _located(entry.document, "connector"):
                connector = self._find("service-connector", record.connector)
                assert isinstance(connector, ConnectorRecord)
                connections.check_suits(record, connector)
        return replace(record, config=config)

    def _stack(self, entry: Entry) -> StackRecord:
        record = entry.record
        assert isinstance(record, StackRecord)
        faults: list[PodiumError] = []
        for kind, name in record.components.items():
            try:
                with _located(entry.document, "components", kind):
                    self._find(kind, name)
            except PodiumError as error:
                faults.append(error)
        judged = faults or any(f"{kind}.{name}" in self._faulty for kind, name in record.components.items())
        if not (judged or self._force):
            for found in never_runs(record, self._find_component):
                fault, kind = found.as_error(), found.component.partition(" ")[0]
                faults.append(entry.document.fault(fault.message, "components", kind, hint=fault.hint))
        if faults:
            raise DefinitionError(faults, subject=entry.owner)
        return record

    def _find(self, what: str, name: str) -> Record:
        """Return an object of the manifest, or else of the store; raise NotFoundError."""
        entry = self._manifest.find(what, name)
        return entry.record if entry else collection(what, self._store).get(name)

    def _find_component(self, kind: str, name: str) -> ComponentRecord:
        record = self._find(kind, name)
        assert isinstance(record, ComponentRecord)
        return record

    @contextmanager
    def _collecting(self) -> Iterator[None]:
        try:
            yield
        except DefinitionError as error:
            self.faults += error.faults
        except PodiumError as error:
            self.faults.append(error)


@contextmanager
def _located(document: Document, *keys: str) -> Iterator[None]:
    """Have an error say where in the file its cause stands."""
    try:
        yield
    except PodiumError as error:
        raise document.fault(error.message, *keys, hint=error.hint) from None
