"""Registers, changes and deletes stacks; every change is made under the store's lock and leaves whole files."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ..dataclass import replace
from ..errors import ConflictError, DefinitionError, PodiumError, UsageError
from ..files import replace_file
from ..kinds import KINDS
from ..store.config_store import ConfigStore
from ..store.records import DEFAULT, StackRecord
from ..store.selection import REPOSITORY_KEYS, find_repository, read_pin, repository_file


def register(
    record: StackRecord, store: ConfigStore, *, update: bool = False, force: bool = False
) -> Literal["registered", "updated", "unchanged"]:
    """Store a stack; `update` lets it replace another of the name, `force` lets it be one that can never run.

    Raises DefinitionError with every fault, NotFoundError for a single unknown component, ConflictError naming the
    kinds in which a stack of this name differs.
    """
    with store.locked():
        check(record, store, force=force)
        known = record.name in store.stacks.names()
        changed = store.stacks.put(record) if update else store.stacks.add(record)
    if not changed:
        return "unchanged"
    return "updated" if known else "registered"


def update(name: str, components: Mapping[str, str], store: ConfigStore, *, force: bool = False) -> bool:
    """Give a stack other components of some kinds; return False when it had them."""
    with store.locked():
        old = store.stacks.get(name)
        record = replace(old, components={**old.components, **components})
        check(record, store, force=force)
        return store.stacks.put(record)


def remove_components(name: str, kinds: Names[str], store: ConfigStore, *, force: bool = False) -> bool:
    """Take the components of some kinds out of a stack; return False when it had none of them."""
    with store.locked():
        old = store.stacks.get(name)
        kept = {kind: component for kind, component in old.components.items() if kind not in kinds}
        record = replace(old, components=kept)
        check(record, store, force=force)
        return store.stacks.put(record)


def rename(old: str, new: str, store: ConfigStore) -> None:
    """Give a stack another name, also where it is the active one and where this repository pins it.

    An interrupted rename is gone on with: at any instant the stack has one of the names, or both.
    """
    with store.locked():
        record = store.stacks.get(old)
        if new == old:
            return
        if old in store.stacks.built_in:
            raise ConflictError(
                f"stack {old!r} is built in and cannot be renamed", hint=f"podium stack copy {old} {new}"
            )
        _add_new(replace(record, name=new), store)
        for file in _choices(store):
            if read_pin(file) == old:
                choose(new, file)
        store.stacks.remove(old)


def copy(source: str, target: str, store: ConfigStore) -> None:
    """Register a stack of the same components under another name."""
    with store.locked():
        _add_new(replace(store.stacks.get(source), name=target), store)


def delete(name: str, store: ConfigStore, *, recursive: bool = False) -> None:
    """Delete a stack, with `recursive` the components too that no other stack has, and their secrets.

    Raises ConflictError for the active stack, and for the one that this repository pins.
    """
    from ..components.changes import remove as remove_component

    with store.locked():
        for file in _choices(store):
            if name != DEFAULT and read_pin(file) == name:
                active = file == store.active_path
                raise ConflictError(
                    f"stack {name!r} is {'the active stack' if active else 'pinned by this repository'}",
                    where=str(file),
                    hint=f"first: podium stack set default{'' if active else ' --repository'}",
                )
        components = components_of_no_other(name, store) if recursive else {}
        store.stacks.remove(name)
        for kind, component in components.items():
            remove_component(store.component(kind, component), store)


def components_of_no_other(name: str, store: ConfigStore) -> dict[str, str]:
    """Return, by kind, the components of a stack that no other stack has, the built-in ones left out."""
    others = [stack.components for stack in store.stacks.all() if stack.name != name]
    return {
        kind: component
        for kind, component in store.stacks.get(name).components.items()
        if component not in store.components(kind).built_in
        and not any(components.get(kind) == component for components in others)
    }


def activate(name: str, store: ConfigStore, *, pin: Path | None = None, force: bool = False) -> None:
    """Make a stack the active one, or with `pin` the one that a repository's file pins."""
    with store.locked():
        check(store.stacks.get(name), store, force=force)
        choose(name, pin or store.active_path)


def choose(name: str, file: Path) -> None:
    """Have a file name the stack, the user's own or a repository's; called under the lock, for a stack that exists."""
    from ..store.document import dump_document, read_document

    kept = dict(read_document(file, REPOSITORY_KEYS).values) if file.exists() else {}
    kept.pop("format", None)
    replace_file(file, dump_document({**kept, "stack": name}))


def check(record: StackRecord, store: ConfigStore, *, force: bool) -> None:
    """Raise every fault of a stack that is to be stored or used: what it lacks, and unless forced what it needs."""
    faults: list[PodiumError] = [
        UsageError(f"a stack needs a component of kind {kind.name}", hint=f"add {kind.flag} NAME")
        for kind in KINDS.values()
        if kind.required and kind.name not in record.components
    ]
    faults += [
        store.components(kind).missing(name)
        for kind, name in record.components.items()
        if name not in store.components(kind).names()
    ]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise DefinitionError(faults, subject=f"stack {record.name!r}")
    if not force:
        from ..checks.static import require_runnable

        require_runnable(record, store.component, so=", so it is refused without --force")


def _add_new(record: StackRecord, store: ConfigStore) -> None:
    if record.name in store.stacks.names() and store.stacks.get(record.name) != record:
        raise ConflictError(
            f"there is another stack {record.name!r}",
            hint=f"choose another name, or first: podium stack delete {record.name}",
        )
    store.stacks.add(record)


def _choices(store: ConfigStore) -> list[Path]:
    """Return the files that may name a stack: the user's, and this repository's."""
    repository = find_repository(Path.cwd())
    return [store.active_path, *([repository_file(repository)] if repository else [])]
