"""What may stand for a parameter: names that are listed without opening a file, importing a flavor or an SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from ...core.kinds import KINDS

if TYPE_CHECKING:
    from typer._click import Parameter

_NAMING = frozenset({"name", "names", "old", "source", "run"})
_MAKING = frozenset({"register", "create", "import"})
_LATEST = 50


def values(path: Sequence[str], param: Parameter) -> Iterable[str]:
    """Return the values of an option or argument of the verb at a path; none for what is free, or a file."""
    name = str(param.name).replace("_", "-")
    choices = str(param.metavar or "").split("|")
    if len(choices) > 1:
        return choices
    if name == "flavor":
        return _flavors(path[0])
    if name in {"stack", "connector", "connector-type", *KINDS}:
        return _NAMES[name]()
    *nouns, verb = path
    if name not in _NAMING or param.param_type_name == "option" or not nouns or verb in _MAKING:
        return ()
    if nouns[-1] == "flavor":
        return _flavors(nouns[0]) if verb != "delete" else _registered_flavors(nouns[0])
    return _NAMES[nouns[-1]]() if nouns[-1] in _NAMES else ()


def _components(kind: str) -> list[str]:
    from ...core.store.config_store import ConfigStore

    return ConfigStore().components(kind).names()


def _stacks() -> list[str]:
    from ...core.store.config_store import ConfigStore

    return ConfigStore().stacks.names()


def _connectors() -> list[str]:
    from ...core.store.config_store import ConfigStore

    return ConfigStore().connectors.names()


def _connector_types() -> Iterable[str]:
    from ...core.connectors.types import TYPES

    return TYPES


def _runs() -> Iterator[str]:
    """Yield the names and ids of the latest runs, each of which has a small file."""
    from ...core.records.index import entries

    for entry in islice(entries(), _LATEST):
        yield from (entry.name, entry.id)


def _integrations() -> Iterable[str]:
    from ...core.integrations.catalog import INTEGRATIONS

    return INTEGRATIONS


def _variables() -> Iterable[str]:
    from ...core.environment_variables import VARIABLES

    return VARIABLES


def _flavors(kind: str) -> list[str]:
    from ...core.overview import OVERVIEW

    return [*(info.name for info in OVERVIEW[kind]), *_registered_flavors(kind)]


def _registered_flavors(kind: str) -> list[str]:
    from ...core.store.config_store import ConfigStore

    return ConfigStore().flavors(kind).names()


_NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "stack": _stacks,
    "connector": _connectors,
    "connector-type": _connector_types,
    "service-connector": _connectors,
    "runs": _runs,
    "integration": _integrations,
    "config": _variables,
    **{kind: partial(_components, kind) for kind in KINDS},
}
