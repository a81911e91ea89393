"""What podium writes into kubeconfigs: one context with its cluster and user, alone or beside the user's own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from .cluster_access import ClusterAccess
from .kubeconfig import own_paths, parsed

if TYPE_CHECKING:
    from ..core.spec import JSON


def to_kubeconfig(access: ClusterAccess, name: str) -> str:
    """Return a kubeconfig with one context, cluster and user of this name."""
    return _with({}, access, name, where="")


def add_to_own(access: ClusterAccess, name: str) -> Path:
    """Add a context to the user's kubeconfig and make it the current one; return the file.

    An earlier one of this name is replaced, all else stays, and a file that is not understood is left alone.
    """
    from ..core.foreign_files import change_file

    paths = own_paths()
    path = next((path for path in paths if path.is_file()), paths[-1])  # as kubectl chooses
    where = str(path)
    change_file(path, lambda text: _with(parsed(text, where) if text.strip() else {}, access, name, where=where))
    return path


def _with(config: Mapping[str, JSON], access: ClusterAccess, name: str, *, where: str) -> str:
    from ..core.store.plain_yaml import to_yaml

    entries: dict[str, dict[str, JSON]] = {
        "clusters": {"cluster": _cluster_entry(access)},
        "users": {"user": _user_entry(access)},
        "contexts": {"context": {"cluster": name, "user": name, "namespace": access.namespace}},
    }
    added: dict[str, JSON] = {"apiVersion": "v1", "kind": "Config", **config, "current-context": name}
    for section, entry in entries.items():
        kept = [] if config.get(section) is None else config[section]
        if not isinstance(kept, list):
            raise UsageError(f"{section!r} is not a list", where=where, hint="mend the file")
        others = [item for item in kept if not (isinstance(item, dict) and item.get("name") == name)]
        added[section] = [*others, {"name": name, **entry}]
    return to_yaml(added)


def _cluster_entry(access: ClusterAccess) -> dict[str, JSON]:
    entry: dict[str, JSON] = {"server": access.server}
    if access.authority:
        entry["certificate-authority-data"] = b64encode(access.authority.encode()).decode()
    if access.insecure:
        entry["insecure-skip-tls-verify"] = True
    return entry


def _user_entry(access: ClusterAccess) -> dict[str, JSON]:
    entry: dict[str, JSON] = {}
    if access.certificate and access.key:
        entry["client-certificate-data"] = b64encode(access.certificate.reveal().encode()).decode()
        entry["client-key-data"] = b64encode(access.key.reveal().encode()).decode()
    if access.token:
        entry["token"] = access.token.reveal()
    if access.username and access.password:
        entry |= {"username": access.username, "password": access.password.reveal()}
    return entry
