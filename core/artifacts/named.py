"""Artifacts that can be asked for by name: each named output of a completed step, and what `save_artifact` stored."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from ..errors import ConflictError, NotFoundError
from ..names import did_you_mean, from_path_part, path_part
from ..spec import check_format
from .record import ArtifactRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..contracts.artifact_store import ArtifactStore

FORMAT = 1
_FOLDER = "names"


def publish(store: ArtifactStore, name: str, version: str, record: ArtifactRecord) -> None:
    """Enter one version of a named artifact; raise ConflictError when the version exists."""
    document = {"format": FORMAT, "at": time.time(), "record": record.to_json()}
    if not store.create(_key(name, version), json.dumps(document).encode()):
        raise ConflictError(
            f"artifact {name!r} has a version {version!r} already", hint="versions never change: choose another one"
        )


def find(store: ArtifactStore, name: str, version: str | None = None) -> tuple[str, ArtifactRecord]:
    """Return a version of a named artifact, the newest when none is asked for; raise NotFoundError without one."""
    if version is not None:
        try:
            return version, _read(store, name, version)[1]
        except FileNotFoundError:
            known = [found for found, _, _ in versions(store, name)]
            hint = did_you_mean(version, known)
            raise NotFoundError(f"artifact {name!r} has no version {version!r}", hint=hint) from None
    found = max(versions(store, name), key=lambda entry: entry[1], default=None)
    if found is None:
        known = list(names(store))
        raise NotFoundError(
            f"there is no artifact named {name!r} in {store.url}",
            hint=did_you_mean(name, known) or "list them: podium artifact list",
        )
    return found[0], found[2]


def names(store: ArtifactStore) -> Iterator[str]:
    """Names of all named artifacts, sorted."""
    yield from sorted(map(from_path_part, store.names(_FOLDER)))


def versions(store: ArtifactStore, name: str) -> Iterator[tuple[str, float, ArtifactRecord]]:
    """Each version of a name with the time it was entered and its record, in no order."""
    for part in store.names(f"{_FOLDER}/{path_part(name)}"):
        version = from_path_part(part.removesuffix(".json"))
        yield (version, *_read(store, name, version))


def _read(store: ArtifactStore, name: str, version: str) -> tuple[float, ArtifactRecord]:
    document = json.loads(store.read(_key(name, version)))
    check_format(document, FORMAT, "artifact name")
    return document["at"], ArtifactRecord.from_json(document["record"])


def _key(name: str, version: str) -> str:
    return f"{_FOLDER}/{path_part(name)}/{path_part(version)}.json"
