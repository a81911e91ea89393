"""What a validated manifest changes: shown before it is done, and done under one lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from ..errors import ConflictError, DefinitionError
from ..secrets.own_secret import store_with_secret
from ..secrets.references import references
from ..secrets.secret import MASK
from ..secrets.set_apart import secret_fields
from ..secrets.vault import open_vault
from ..stacks import choose
from ..store.collection import flat
from ..store.records import ComponentRecord, ConnectorRecord, StackRecord
from .config import config_class
from .manifest import Record, called, collection, owner

if TYPE_CHECKING:
    from ..spec import JSON
    from ..store.config_store import ConfigStore
    from .secrets import Answers, KnownSecrets
    from .validate import Validation


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one object; `before` is None for a new one. Secrets are masked in both."""

    what: str
    name: str
    before: Mapping[str, JSON] | None
    after: Mapping[str, JSON]

    @property
    def action(self) -> Literal["create", "update", "unchanged"]:
        """What is done to it."""
        if self.before is None:
            return "create"
        return "unchanged" if self.before == self.after else "update"

    def fields(self) -> Iterator[tuple[str, JSON, JSON]]:
        """Yield each field that differs, with its old and new value; None where it has none."""
        before = self.before or {}
        for field in dict.fromkeys((*self.after, *before)):
            if before.get(field) != self.after.get(field):
                yield field, before.get(field), self.after.get(field)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, in the order of writing; `answers` are the secrets that come before everything else."""

    records: Sequence[Record]
    active: str | None
    answers: Answers
    changes: Sequence[Change]

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it should be."""
        return not self.answers and all(change.action == "unchanged" for change in self.changes)


def make_plan(validation: Validation, store: ConfigStore, secrets: KnownSecrets) -> Plan:
    """Return what a manifest changes; raise DefinitionError with every fault of it, missing secrets among them."""
    faults = [*validation.faults, *secrets.faults(validation.missing)]
    if faults:
        raise DefinitionError(faults, subject="nothing was changed")
    records, active = validation.records, validation.active
    return Plan(records, active, secrets.answers, _changes(records, active, store))


def carry_out(plan: Plan, store: ConfigStore) -> None:
    """Write it; raise ConflictError when the store is not as it was any more. Interrupted, it can be done again."""
    with store.locked():
        if _changes(plan.records, plan.active, store) != plan.changes:
            raise ConflictError(
                "nothing was changed: another process has changed the configuration meanwhile",
                hint="run the command again, and look at what it shows",
            )
        for name, values in plan.answers.items():
            vault = open_vault()
            vault.write(name, {**(vault.read(name) or {}), **values})
        for record in plan.records:
            _put(record, store)
        if plan.active and plan.active != store.active_stack():
            choose(plan.active, store.active_path)


def _put(record: Record, store: ConfigStore) -> None:
    kept = collection(called(record), store)
    if isinstance(record, StackRecord):
        kept.put(record)
        return
    old = kept.get(record.name) if record.name in kept.names() else None
    before = {} if old is None or isinstance(old, StackRecord) else old.config
    store_with_secret(owner(record), before, record.config, {}, partial(kept.put, record))


def _changes(records: Sequence[Record], active: str | None, store: ConfigStore) -> list[Change]:
    changes = []
    for record in records:
        kept = collection(called(record), store)
        old = kept.get(record.name) if record.name in kept.names() else None
        before = _shown(old, record) if old else None
        changes.append(Change(called(record), record.name, before, flat(record.to_plain())))
    if active:
        changes.append(Change("active stack", active, {"stack": store.active_stack()}, {"stack": active}))
    return changes


def _shown(old: Record, new: Record) -> dict[str, JSON]:
    """Return the fields of a stored object; a secret that was written into its file by hand is masked."""
    fields = flat(old.to_plain())
    if isinstance(old, StackRecord) or isinstance(new, StackRecord):
        return fields
    model = config_class(new) if _flavor(old) == _flavor(new) else None
    for name, value in old.config.items():
        if (model is None or name in secret_fields(model)) and not list(references(value)):
            fields[f"config.{name}"] = MASK
    return fields


def _flavor(record: ComponentRecord | ConnectorRecord) -> tuple[str, ...]:
    return (record.flavor,) if isinstance(record, ComponentRecord) else (record.type, record.auth_method)
