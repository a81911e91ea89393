"""Values into the store and back, through the materializer of their type."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from ..contracts.artifact_store import ArtifactStore
from ..contracts.materializer import BytesMaterializer, Materializer, PickleWarning, Unsuited
from ..errors import NotFoundError, PodiumError, UsageError
from ..materializers.registry import by_name, candidates, type_name
from .digest import digest_bytes, digest_path
from .record import ArtifactRecord


def save_value(store: ArtifactStore, stem: str, value: object, *, materializer: str | None = None) -> ArtifactRecord:
    """Store a value, whole or not at all, under `stem` and its materializer's suffix.

    `materializer` is a class name that overrides the choice by type. Raises PodiumError for a value that none can save.
    """
    cls = type(value)
    try:
        return save_with((by_name(materializer),) if materializer else candidates(cls), store, stem, value)
    except Unsuited as error:
        raise PodiumError(
            f"cannot save a value of type {type_name(cls)}: {error}",
            where=stem,
            hint=f"return data instead, or define a Materializer with types = ({cls.__name__},)",
        ) from error


def save_with(
    materializers: Iterable[type[Materializer]], store: ArtifactStore, stem: str, value: object
) -> ArtifactRecord:
    """Store a value with the first materializer that suits it; raise Unsuited, with the last reason, when none does."""
    reasons: list[Unsuited] = []
    for cls in materializers:
        try:
            record = _save(cls(), store, stem, value)
        except Unsuited as error:
            reasons.append(error)
        except (PodiumError, MemoryError):
            raise
        except Exception as error:
            raise PodiumError(
                f"{cls.__name__} cannot save a value of type {type_name(type(value))}: {_reason(error)}", where=stem
            ) from error
        else:
            if cls.last_resort:
                _warn_of_last_resort(cls, value, reasons)
            return record
    raise reasons[-1] if reasons else Unsuited("no materializer is registered for it")


def load_value(
    store: ArtifactStore, record: ArtifactRecord, expected: object | None = None, *, trust: bool = True
) -> object:
    """Read back a value; `expected` is the reader's annotation, any typing construct.

    Without `trust`, what would run code stored in the artifact, or import its type's module, raises UsageError.
    """
    materializer = loader(record.materializer, trust=trust)
    try:
        if not isinstance(materializer, BytesMaterializer):
            return materializer.load(_fetched(store, record), class_of(expected))
        return materializer.decode(_verified(store, record), class_of(expected))
    except (PodiumError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"the artifact of type {record.type} is gone", where=f"{store.url}/{record.key}") from error
    except Exception as error:
        raise PodiumError(
            f"{record.materializer} cannot load a value of type {record.type}: {_reason(error)}",
            where=f"{store.url}/{record.key}",
        ) from error


def loader(name: str, *, trust: bool) -> Materializer:
    """Return the materializer of that name, from this process's registry; without trust only one that runs no code."""
    cls = by_name(name)
    if cls.runs_code and not trust:
        raise UsageError(
            f"{name} would run code that is stored in the artifact",
            hint="if you trust everyone who can write to its artifact store, load it with trust=True",
        )
    materializer = cls()
    materializer.trust = trust
    return materializer


def class_of(annotation: object) -> type | None:
    """Return the class that an annotation asks for: `list` for `list[int]`, `Foo` for `Foo | None`, else None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return class_of(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        members = [member for member in get_args(annotation) if member is not type(None)]
        return class_of(members[0]) if len(members) == 1 else None
    found = origin or annotation
    return found if isinstance(found, type) and found is not Any else None


def _save(materializer: Materializer, store: ArtifactStore, stem: str, value: object) -> ArtifactRecord:
    cls = type(materializer)
    key = stem + cls.suffix
    if isinstance(materializer, BytesMaterializer):
        data = materializer.encode(value)
        store.write(key, data)
        digest, size = digest_bytes(data), len(data)
    else:
        with store.staged(key) as path:
            written = materializer.save(value, path)
            if not path.exists():
                raise PodiumError(f"{cls.__name__}.save wrote nothing to the path it was given", where=stem)
            digest, size = written or digest_path(path)
    return ArtifactRecord(key, cls.__name__, type_name(type(value)), digest, size)


def _verified(store: ArtifactStore, record: ArtifactRecord) -> bytes:
    data = store.read(record.key)
    if digest_bytes(data) != record.digest:
        raise _damaged(store, record)
    return data


def _fetched(store: ArtifactStore, record: ArtifactRecord) -> Path:
    path = store.fetched(record.key)
    if store.remote and digest_path(path)[0] != record.digest:
        raise _damaged(store, record)
    return path


def _damaged(store: ArtifactStore, record: ArtifactRecord) -> PodiumError:
    return PodiumError(
        f"the stored {record.type} is damaged: its content is not what was saved",
        where=f"{store.url}/{record.key}",
        hint="run its step again with --no-cache",
    )


def _warn_of_last_resort(cls: type[Materializer], value: object, reasons: Sequence[Unsuited]) -> None:
    kind = type(value)
    why = reasons[0] if reasons else "as was asked"
    warnings.warn(
        f"{cls.__name__} stored a value of type {type_name(kind)} ({why}): loading it runs code that is stored with"
        f" it and needs the same Python and libraries; a Materializer with types = ({kind.__name__},) would avoid that",
        PickleWarning,
        stacklevel=4,
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
