"""The checks of one registered component: flavor, secrets, config and connector, then what only the services know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from .. import registry
from ..components import connections, registration
from ..connectors import building
from ..connectors.types import load_type, method_of
from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
from ..contracts.component import Finding
from ..contracts.container_registry import ContainerRegistry
from ..contracts.orchestrator import Orchestrator
from ..dataclass import replace
from ..errors import DefinitionError, MissingToolError, PodiumError
from ..secrets.redaction import redacted
from ..secrets.references import references

if TYPE_CHECKING:
    from ..contracts.component import Component, Settings
    from ..contracts.service_connector import ServiceConnector
    from ..store.config_store import ConfigStore
    from ..store.records import ComponentRecord


class ComponentCheck:
    """`findings` grows while the check goes on; making one reads the store and the secrets, `ask` goes elsewhere.

    `others` are the checks of the same stack's components, by kind, which an orchestrator's also looks at.
    """

    def __init__(self, record: ComponentRecord, store: ConfigStore, *, schedules: bool) -> None:
        self.record = record
        self.findings: list[Finding] = []
        self._store = store
        self.component: Component[Settings] | None = None
        self.others: Mapping[str, ComponentCheck] = {}
        self._connector: ServiceConnector[Settings] | None = None
        try:
            flavor = registry.load(record.kind, record.flavor)
        except MissingToolError as error:
            self.findings += findings_of(error)
            return
        except PodiumError:  # the stack can never run: told by the static checks
            return
        self.findings += self._connection(flavor, schedules=schedules)
        self.findings += self._unresolved()
        try:
            self.component = registration.build(replace(record, connector=None), store)
            self.component.connector = self._connector
        except PodiumError as error:
            self.findings += findings_of(error)

    @property
    def can_ask(self) -> bool:
        """Whether there is anything left to ask for."""
        return self.component is not None or self._connector is not None

    def ask(self) -> None:
        """Reach for the services; every fault becomes a finding."""
        for question in (self._verify, self._check):
            try:
                self.findings.extend(question())
            except PodiumError as error:
                self.findings.extend(findings_of(error))
            except Exception as error:  # noqa: BLE001 - a flavor's fault is one finding among the others
                what = f"its check broke: {type(error).__name__}: {redacted(str(error))}"
                self.findings.append(Finding("fail", what))

    def give_up(self, why: str) -> None:
        """Take what was found until now, and that the rest did not come."""
        self.findings = [*self.findings, Finding("fail", why, "look at the network, and at what the component names")]

    def _connection(self, flavor: type[Component[Settings]], *, schedules: bool) -> Iterator[Finding]:
        record = self.record
        if record.connector is None:
            if flavor.connector_required:
                what = f"flavor {record.flavor!r} needs a service connector, and it has none"
                yield Finding("fail", what, f"podium {record.kind} connect {record.name} --connector NAME")
            return
        try:
            link = self._store.connectors.get(record.connector)
            if schedules and method_of(load_type(link.type), link.auth_method).expires:
                what = f"the credentials of service-connector {link.name!r} end by themselves"
                yield Finding("warn", what, "use another auth method for pipelines that run on a schedule")
            connections.check_suits(record, link)
            building.check_expiry(link)
            self._connector = registration.connector_of(record, flavor.connector_resource, self._store)
        except PodiumError as error:
            yield from findings_of(error)

    def _unresolved(self) -> Iterator[Finding]:
        """Yield a fault for each secret that does not exist; building the component would tell of one only."""
        from ..secrets.vault import read_key

        record = self.record
        for name, key in dict.fromkeys(references(dict(record.config))):
            try:
                read_key(name, key)
            except PodiumError as error:
                error.where = str(self._store.components(record.kind).path(record.name))
                yield from findings_of(error)

    def _verify(self) -> Iterable[Finding]:
        if self._connector:
            own = self.component.resource_id() if self.component else None
            self._connector.verify(self._connector.resource_type, self._connector.resource_id or own)
        return ()

    def _check(self) -> Iterable[Finding]:
        component = self.component
        if component is None or (component.connector_required and component.connector is None):
            return ()
        if isinstance(component, Orchestrator):
            registry, store = (self._built(kind) for kind in ("container-registry", "artifact-store"))
            return component.check_with(
                registry if isinstance(registry, ContainerRegistry) else None,
                store if isinstance(store, ArtifactStoreFlavor) else None,
            )
        return component.check()

    def _built(self, kind: str) -> Component[Settings] | None:
        return self.others[kind].component if kind in self.others else None


def findings_of(error: PodiumError) -> Iterator[Finding]:
    """Yield an error as findings, one for each of its faults."""
    for fault in error.faults if isinstance(error, DefinitionError) else (error,):
        what = f"{fault.message} (at {fault.where})" if fault.where else fault.message
        yield Finding("fail", what, fault.hint)
