"""From a store's URL, which is all that a worker or a job is told, back to the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError, UsageError
from ..spec import JSON
from .local import LocalFiles

_FILE = "file://"


def open_store(url: str, options: Mapping[str, JSON] | None = None) -> ArtifactStore:
    """Return the store of a URL, with the options that it had.

    Without any, those of the artifact store that is registered for the URL count, else what this machine is let in
    with. Raises UsageError when the scheme is not known.
    """
    if url.startswith(f"{_FILE}/"):
        return LocalFiles(Path(os.fsdecode(unquote_to_bytes(url[len(_FILE) :]))))
    if options:
        from .remote import RemoteObjects

        return RemoteObjects(url, lambda *, elsewhere: options)  # noqa: ARG005 - the same ones for all
    return _registered(url) or _unregistered(url)


def _registered(url: str) -> ArtifactStore | None:
    from ..components.registration import build
    from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
    from ..store.config_store import ConfigStore

    store = ConfigStore()
    for record in store.components("artifact-store").all():
        if str(record.config.get("path")).rstrip("/") == url:
            component = build(record, store)
            assert isinstance(component, ArtifactStoreFlavor)
            return component.open()
    return None


def _unregistered(url: str) -> ArtifactStore:
    from ..components.registration import built
    from ..contracts.artifact_store_flavor import ArtifactStoreFlavor
    from ..overview import OVERVIEW
    from ..store.records import ComponentRecord

    for flavor in OVERVIEW["artifact-store"]:
        if flavor.name == "local":
            continue
        try:
            component = built(ComponentRecord("artifact-store", url, flavor.name, {"path": url}))
        except PodiumError:  # a path of another flavor
            continue
        assert isinstance(component, ArtifactStoreFlavor)
        return component.open()
    raise UsageError(f"no artifact store is known for {url!r}", hint="a local one is file:///folder")
