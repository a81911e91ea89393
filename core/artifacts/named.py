"""Artifacts that can be asked for by name: each named output of a completed step, and what `save_artifact` stored."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import ConflictError, NotFoundError
from ..names import did_you_mean, from_path_part, path_part
from ..spec import check_format
from .record import ArtifactRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..contracts.artifact_store import ArtifactStore

FORMAT = 1
SAVED = "saved"
"""Prefix of what `save_artifact` stored, whose own versions end in the number of the attempt."""

_FOLDER = "names"
_RUN_AND_STEP = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(.+)")


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """One version of a named artifact; `created` is when it was entered, in seconds since the epoch."""

    name: str
    created: float
    record: ArtifactRecord

    @property
    def made_by(self) -> tuple[str, str] | tuple[None, None]:
        """Id of the run, and the step, that a version without a name of the user's own is called after."""
        match = _RUN_AND_STEP.fullmatch(self.name)
        if match is None:
            return None, None
        saved = self.record.key.startswith(f"{SAVED}/")
        return match[1], match[2].rpartition(".")[0] if saved else match[2]


def publish(store: ArtifactStore, name: str, version: str, record: ArtifactRecord) -> None:
    """Enter one version of a named artifact; raise ConflictError when the version exists."""
    document = {"format": FORMAT, "at": time.time(), "record": record.to_json()}
    if not store.create(_key(name, version), json.dumps(document).encode()):
        raise ConflictError(
            f"artifact {name!r} has a version {version!r} already", hint="versions never change: choose another one"
        )


def find(store: ArtifactStore, name: str, version: str | None = None) -> NamedVersion:
    """Return a version of a named artifact, the newest when none is asked for; raise NotFoundError without one."""
    if version is not None:
        (data,) = store.read_many([_key(name, version)])
        if data is not None:
            return _decode(version, data)
    known = versions(store, name)
    if not known:
        raise NotFoundError(
            f"there is no artifact named {name!r} in {store.url}",
            hint=did_you_mean(name, names(store)) or "list them: podium artifact list",
        )
    if version is None:
        return known[0]
    hint = did_you_mean(version, [found.name for found in known]) or f"list them: podium artifact describe {name}"
    raise NotFoundError(f"artifact {name!r} has no version {version!r}", hint=hint)


def names(store: ArtifactStore) -> Iterator[str]:
    """Names of all named artifacts, sorted."""
    yield from sorted(map(from_path_part, store.names(_FOLDER)))


def versions(store: ArtifactStore, name: str) -> list[NamedVersion]:
    """All versions of a name, the last entered first; empty for an unknown name."""
    parts = list(store.names(f"{_FOLDER}/{path_part(name)}"))
    documents = store.read_many([f"{_FOLDER}/{path_part(name)}/{part}" for part in parts])
    found = [
        _decode(from_path_part(part.removesuffix(".json")), data)
        for part, data in zip(parts, documents, strict=True)
        if data is not None
    ]
    return sorted(found, key=lambda version: (version.created, version.name), reverse=True)


def _decode(version: str, data: bytes) -> NamedVersion:
    document = json.loads(data)
    check_format(document, FORMAT, "artifact name")
    return NamedVersion(version, document["at"], ArtifactRecord.from_json(document["record"]))


def _key(name: str, version: str) -> str:
    return f"{_FOLDER}/{path_part(name)}/{path_part(version)}.json"
