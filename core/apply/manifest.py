"""The file of `podium apply`: the objects of a store in one document, each under its name as the store's own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from ..dataclass import dataclass, replace
from ..errors import PodiumError, UsageError
from ..kinds import KINDS
from ..names import check_name
from ..store.document import Document, parse_document
from ..store.records import (
    COMPONENT_KEYS,
    CONNECTOR_KEYS,
    STACK_KEYS,
    ComponentRecord,
    ConnectorRecord,
    StackRecord,
    read_component,
    read_connector,
    read_stack,
)

if TYPE_CHECKING:
    from ..spec import JSON
    from ..store.collection import Collection
    from ..store.config_store import ConfigStore

Record: TypeAlias = ComponentRecord | ConnectorRecord | StackRecord
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Section:
    """One key of the file: what its objects are called, their keys, and how they are read."""

    what: str
    keys: tuple[str, ...]
    read: Callable[[str, Document], Record]


SECTIONS: Mapping[str, Section] = {
    **{kind.plural: Section(kind.name, COMPONENT_KEYS, partial(read_component, kind.name)) for kind in KINDS.values()},
    "service-connectors": Section("service-connector", CONNECTOR_KEYS, read_connector),
    "stacks": Section("stack", STACK_KEYS, read_stack),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a file, and the part of the file that it was read from."""

    record: Record
    document: Document

    @property
    def what(self) -> str:
        """What it is called: its kind, `service-connector` or `stack`."""
        return called(self.record)

    @property
    def config(self) -> Mapping[str, JSON]:
        """The fields of its flavor or type; a stack has none."""
        return {} if isinstance(self.record, StackRecord) else self.record.config

    @property
    def owner(self) -> str:
        """Name of the secret that keeps the values of the object's own secret fields."""
        return owner(self.record)


class Manifest:
    """What some files hold together; `faults` is what cannot be read of them."""

    def __init__(self, sources: Iterable[tuple[Path, bytes]]) -> None:
        """Read files, each given with what it holds."""
        self._entries: dict[tuple[str, str], Entry] = {}  # by what it is called and its name in small letters
        self.active: tuple[str, Document] | None = None
        self.faults: list[PodiumError] = []
        for path, data in sources:
            with self._collecting():
                self._read(parse_document(path, data))

    def of(self, what: str) -> list[Entry]:
        """Return the objects that are called `what`."""
        return [entry for entry in self._entries.values() if entry.what == what]

    def find(self, what: str, name: str) -> Entry | None:
        """Return the object of exactly this name, None when there is none."""
        entry = self._entries.get((what, name.lower()))
        return entry if entry and entry.record.name == name else None

    def rename_stack(self, name: str) -> None:
        """Give the only stack another name; raise UsageError unless there is exactly one."""
        stacks = self.of("stack")
        if len(stacks) != 1:
            raise UsageError(f"there are {len(stacks)} stacks here, and only a single one can be given another name")
        del self._entries["stack", stacks[0].record.name.lower()]
        record = replace(stacks[0].record, name=check_name(name, "stack"))
        self._entries["stack", name.lower()] = replace(stacks[0], record=record)

    def _read(self, document: Document) -> None:
        self.faults += document.unknown(("format", *SECTIONS, ACTIVE))
        for name, section in SECTIONS.items():
            with self._collecting():
                objects = document.within(name)
                for key in objects.values:
                    with self._collecting():
                        self._add(section, key, objects)
        with self._collecting():
            active = document.optional_text(ACTIVE)
            if active and self.active and self.active[0] != active:
                raise document.fault(f"another file makes {self.active[0]!r} the active stack", ACTIVE)
            if active:
                self.active = active, document

    def _add(self, section: Section, name: str, objects: Document) -> None:
        try:
            check_name(name, section.what)
        except UsageError as error:
            raise objects.fault(error.message, name, hint=error.hint) from None
        key = (section.what, name.lower())
        if key in self._entries:
            raise objects.fault(f"{section.what} {name!r} stands also at {self._entries[key].document.place()}", name)
        document = objects.within(name)
        self.faults += document.unknown(section.keys)
        self._entries[key] = Entry(section.read(name, document), document)

    @contextmanager
    def _collecting(self) -> Iterator[None]:
        try:
            yield
        except PodiumError as error:
            self.faults.append(error)


def called(record: Record) -> str:
    """Return what messages call an object: its kind, `service-connector` or `stack`."""
    if isinstance(record, ComponentRecord):
        return record.kind
    return "stack" if isinstance(record, StackRecord) else "service-connector"


def owner(record: Record) -> str:
    """Return the name of the secret that keeps the values of an object's own secret fields."""
    return f"{called(record)}.{record.name}"


def collection(what: str, store: ConfigStore) -> Collection[Record]:
    """Return where the store keeps the objects that are called `what`."""
    if what == "stack":
        found: object = store.stacks
    else:
        found = store.connectors if what == "service-connector" else store.components(what)
    return cast("Collection[Record]", found)
