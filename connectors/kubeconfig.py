"""Finds a cluster and a user in a kubeconfig."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.secrets.secret import Secret
from .cluster_access import ClusterAccess, api_server, bearer, pem

if TYPE_CHECKING:
    from ..core.spec import JSON

_CLUSTER_KEYS = {
    "server",
    "certificate-authority",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "disable-compression",
    "extensions",
}
_USER_KEYS = {
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "username",
    "password",
    "extensions",
}


def access_in(text: str, context: str | None, *, name: str, folder: Path | None = None) -> ClusterAccess:
    """Return what a context of a kubeconfig gives access to, by default the current one.

    Files that it names are read from `folder`, and refused without one. Raises UsageError for what is not there, and
    for what a connector cannot hold, such as credentials that come from a command.
    """
    return _Kubeconfig([(name, parsed(text, name), folder)]).access(context)


def current_access() -> tuple[ClusterAccess, str]:
    """Return what the current context of this machine's kubectl gives access to, and where that is written."""
    found = [path for path in own_paths() if path.is_file()]
    if not found:
        raise UsageError(f"there is no kubeconfig at {own_paths()[0]}", hint="set KUBECONFIG to one")
    config = _Kubeconfig([(str(path), parsed(_text(path), str(path)), path.parent) for path in found])
    context = config.current_context()
    return config.access(context), f"context {context!r} of {', '.join(map(str, found))}"


def own_paths() -> list[Path]:
    """Return the kubeconfigs that kubectl reads here, whether or not they exist."""
    named = [Path(path) for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    return named or [Path("~/.kube/config").expanduser()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path} cannot be read") from None


def parsed(text: str, name: str) -> dict[str, JSON]:
    """Return what a kubeconfig holds; raise PodiumError naming the faulty line, without what it says."""
    from ..core.store.plain_yaml import parse

    return parse(Path(name), text)[0]


class _Kubeconfig:
    """One or more kubeconfigs read as one: of several entries of a name the first counts."""

    def __init__(self, parts: list[tuple[str, dict[str, JSON], Path | None]]) -> None:
        self.parts = parts
        self.where = ", ".join(name for name, _, _ in parts)

    def current_context(self) -> str:
        found = next((config["current-context"] for _, config, _ in self.parts if config.get("current-context")), None)
        if not isinstance(found, str):
            raise UsageError("no context is current", where=self.where, hint="kubectl config use-context NAME")
        return found

    def access(self, name: str | None) -> ClusterAccess:
        name = name or self.current_context()
        context, _ = self._entry("contexts", "context", name)
        cluster_name = self._optional(context, "cluster") or ""
        cluster, folder = self._entry("clusters", "cluster", cluster_name)
        user, user_folder = self._entry("users", "user", self._optional(context, "user") or "")
        self._refuse(name, cluster, user)
        server = self._optional(cluster, "server")
        if not server:
            raise UsageError(f"cluster {cluster_name!r} has no server", where=self.where)
        token = self._file(user, "tokenFile", user_folder) or self._optional(user, "token")
        access = ClusterAccess(
            cluster=cluster_name,
            server=self._fit(api_server, "server", server),
            insecure=cluster.get("insecure-skip-tls-verify") is True,
            authority=self._pem(cluster, "certificate-authority", folder),
            namespace=self._optional(context, "namespace") or "default",
            certificate=_secret(self._pem(user, "client-certificate", user_folder)),
            key=_secret(self._pem(user, "client-key", user_folder)),
            token=_secret(self._fit(bearer, "token", token) if token else None),
            username=self._optional(user, "username"),
            password=_secret(self._optional(user, "password")),
        )
        if (access.certificate is None) != (access.key is None) or (access.username is None) != (
            access.password is None
        ):
            raise UsageError(f"context {name!r} has only half of its user's credentials", where=self.where)
        if not (access.token or access.key or access.password):
            raise UsageError(f"context {name!r} has no credentials", where=self.where)
        return access

    def _entry(self, section: str, kind: str, name: str) -> tuple[dict[str, JSON], Path | None]:
        for item, folder in self._items(section):
            found = item.get(kind)
            if item.get("name") == name and isinstance(found, dict):
                return found, folder
        known = ", ".join(str(item.get("name")) for item, _ in self._items(section)) or "none"
        raise UsageError(f"there is no {kind} {name!r}", where=self.where, hint=f"{section}: {known}")

    def _items(self, section: str) -> Iterator[tuple[dict[str, JSON], Path | None]]:
        for _, config, folder in self.parts:
            items = config.get(section)
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict):
                    yield item, folder

    def _refuse(self, context: str, cluster: Mapping[str, JSON], user: Mapping[str, JSON]) -> None:
        if "exec" in user or "auth-provider" in user:
            raise UsageError(
                f"the credentials of context {context!r} come from a command, which a connector cannot hold",
                where=self.where,
                hint="use the cloud's own service connector, or the token of a Kubernetes service account",
            )
        odd = sorted({*cluster} - _CLUSTER_KEYS | {*user} - _USER_KEYS)
        if odd:
            raise UsageError(f"context {context!r} uses {', '.join(odd)}: a connector cannot hold it", where=self.where)

    def _pem(self, entry: Mapping[str, JSON], key: str, folder: Path | None) -> str | None:
        text = self._optional(entry, f"{key}-data") or self._file(entry, key, folder)
        return self._fit(pem, key, text) if text else None

    def _fit(self, check: Callable[[str], str], key: str, text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise UsageError(f"{key}: {error}", where=self.where) from None

    def _optional(self, entry: Mapping[str, JSON], key: str) -> str | None:
        value = entry.get(key)
        if value is None or isinstance(value, str):
            return value or None
        raise UsageError(f"{key} is not text", where=self.where, hint="put it in quotes")

    def _file(self, entry: Mapping[str, JSON], key: str, folder: Path | None) -> str | None:
        path = self._optional(entry, key)
        if not path:
            return None
        if folder is None:
            raise UsageError(
                f"{key} is a path, {path}, and not part of the kubeconfig",
                where=self.where,
                hint="kubectl config view --raw --flatten --minify writes it whole",
            )
        return _text(folder / path)


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None
