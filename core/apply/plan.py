"""What a validated manifest changes: shown before it is done, and done under one lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from .. import config_values
from ..dataclass import dataclass, replace
from ..errors import ConflictError, DefinitionError
from ..secrets.own_secret import store_with_secret
from ..secrets.secret import MASK
from ..secrets.vault import open_vault
from ..stacks.changes import choose
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
    """What becomes of one object; `before` is None for a new one."""

    before: Record | None
    after: Record

    @property
    def action(self) -> Literal["create", "update", "unchanged"]:
        """What is done to it."""
        if self.before is None:
            return "create"
        return "unchanged" if self.before == self.after else "update"

    def fields(self) -> Iterator[tuple[str, JSON, JSON]]:
        """Yield each field that differs with its old and new value, None where it has none; secrets are masked."""
        before = flat(self.before.to_plain()) if self.before else {}
        after = flat(self.after.to_plain())
        old = _shown(self.before, self.after) if self.before else {}
        new = _shown(self.after, self.after)
        for field in dict.fromkeys((*after, *before)):
            if before.get(field) != after.get(field):
                yield field, old.get(field), new.get(field)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: first the answers, which are secrets, then each object in turn, then the active stack."""

    answers: Answers
    changes: Sequence[Change]
    active_before: str | None
    active: str | None

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it should be."""
        changed = any(change.action != "unchanged" for change in self.changes)
        return not (self.answers or changed or self.active != self.active_before)


def make_plan(validation: Validation, store: ConfigStore, secrets: KnownSecrets) -> Plan:
    """Return what a manifest changes; raise DefinitionError with every fault of it, missing secrets among them."""
    faults = [*validation.faults, *secrets.faults(validation.missing)]
    if faults:
        raise DefinitionError(faults, subject="nothing was changed")
    active = store.active_stack()
    return Plan(secrets.answers, _changes(validation.records, store), active, validation.active or active)


def carry_out(plan: Plan, store: ConfigStore) -> None:
    """Write it; raise ConflictError when the store is not any more as it was. Interrupted, it can be done again."""
    with store.locked():
        found = _changes([change.after for change in plan.changes], store)
        if found != plan.changes or store.active_stack() != plan.active_before:
            raise ConflictError(
                "nothing was changed: another process has changed the configuration meanwhile",
                hint="run the command again, and look at what it shows",
            )
        for name, values in plan.answers.items():
            vault = open_vault()
            vault.write(name, {**(vault.read(name) or {}), **values})
        for change in plan.changes:
            before, after = _config(change.before), _config(change.after)
            put = partial(collection(called(change.after), store).put, change.after)
            store_with_secret(owner(change.after), before, after, {}, put)
        if plan.active and plan.active != plan.active_before:
            choose(plan.active, store.active_path)


def _changes(records: Sequence[Record], store: ConfigStore) -> list[Change]:
    changes = []
    for record in records:
        kept = collection(called(record), store)
        changes.append(Change(kept.get(record.name) if record.name in kept.names() else None, record))
    return changes


def _config(record: Record | None) -> Mapping[str, JSON]:
    return record.config if isinstance(record, (ComponentRecord, ConnectorRecord)) else {}


def _shown(record: Record, valid: Record) -> dict[str, JSON]:
    """Return the fields of an object as they may be shown; of another flavor than the valid one, any may be secret."""
    if isinstance(record, StackRecord) or isinstance(valid, StackRecord):
        return flat(record.to_plain())
    if _flavor(record) == _flavor(valid):
        config = config_values.masked(config_class(valid), record.config)
    else:
        config = dict.fromkeys(record.config, MASK)
    return flat(replace(record, config=config).to_plain())


def _flavor(record: ComponentRecord | ConnectorRecord) -> tuple[str, ...]:
    return (record.flavor,) if isinstance(record, ComponentRecord) else (record.type, record.auth_method)
