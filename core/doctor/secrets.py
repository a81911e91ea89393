"""Which back end keeps the secrets, why, and whether it gives them back."""

from __future__ import annotations

from collections.abc import Iterator

from ..contracts.component import Finding
from ..kinds import KINDS
from ..secrets.choice import choose
from ..secrets.references import references
from ..store.config_store import ConfigStore
from .records import read


def secrets() -> Iterator[Finding]:
    """Yield the back end in use, and each secret that the configuration names and that is not in it."""
    choice = choose()
    present = choice.backend.names()
    count = "1 secret" if len(present) == 1 else f"{len(present)} secrets"
    yield Finding("ok", f"{choice.backend.name}, {count}: {choice.reason}")
    for name, user in _named(ConfigStore()).items():
        if name not in present and choice.backend.read(name) is None:
            what = f"{user} refers to secret {name!r}, which does not exist"
            yield Finding("fail", what, f"podium secret create {name}")


def _named(store: ConfigStore) -> dict[str, str]:
    """Return every secret that a config refers to, and one object that does."""
    configs = [(f"service-connector {each.name!r}", each.config) for each in read(store.connectors)[0]]
    for kind in KINDS:
        configs += [(f"{kind} {each.name!r}", each.config) for each in read(store.components(kind))[0]]
    found: dict[str, str] = {}
    for user, config in configs:
        for secret, _ in references(dict(config)):
            found.setdefault(secret, user)
    return found
