"""Finds flavors: the overview's, those of other installed packages by entry point, those registered by path.

One is imported only when it is asked for by name; the overview's are found without a look at the installed packages.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .errors import MissingToolError, NotFoundError, PodiumError, UsageError
from .kinds import KINDS
from .names import did_you_mean
from .overview import OVERVIEW, FlavorInfo

if TYPE_CHECKING:
    from .contracts.component import Component, Settings


def flavors(kind: str) -> dict[str, FlavorInfo]:
    """Return every flavor of a kind by name; one that exists already cannot be replaced by another package's."""
    from importlib.metadata import entry_points

    from .store.config_store import ConfigStore

    known = {info.name: info for info in OVERVIEW[kind]}
    for point in entry_points(group=KINDS[kind].group):
        package = point.dist.name if point.dist else "an installed package"
        info = FlavorInfo(point.name, package, f"From {package}.", "built", entry_point=point.value)
        known.setdefault(point.name, info)
    for record in ConfigStore().flavors(kind).all():
        module, _, name = record.source.rpartition(".")
        notes = f"From {record.source}."
        info = FlavorInfo(record.name, "", notes, "built", entry_point=f"{module}:{name}", root=record.root)
        known.setdefault(record.name, info)
    return known


def find(kind: str, flavor: str) -> FlavorInfo:
    """Return what is known of a flavor; raise NotFoundError for an unknown one."""
    info = next((info for info in OVERVIEW[kind] if info.name == flavor), None) or flavors(kind).get(flavor)
    if info is None:
        hint = did_you_mean(flavor, flavors(kind)) or f"podium {kind} flavor list"
        raise NotFoundError(f"there is no {kind} flavor {flavor!r}", hint=hint)
    return info


def load(kind: str, flavor: str) -> type[Component[Settings]]:
    """Import a flavor's class; raise NotFoundError for an unknown one, UsageError for one that is not built yet."""
    info = find(kind, flavor)
    if not info.entry_point:
        raise UsageError(
            f"{kind} flavor {flavor!r} is planned, but this podium does not have it yet",
            hint=f"podium {kind} flavor list shows those it has",
        )
    return imported(info)


def settings_keys(flavor: str) -> tuple[str, ...]:
    """Return the keys under which a pipeline may hold settings for an orchestrator flavor, from general to specific."""
    family = next((info.family for info in OVERVIEW["orchestrator"] if info.name == flavor), None)
    shared = (f"orchestrator.{family}",) if family else ()
    return ("orchestrator", *shared, f"orchestrator.{flavor}")


def imported(info: FlavorInfo) -> type[Component[Settings]]:
    """Import the class of a flavor; raise PodiumError saying what keeps it from being imported."""
    from importlib import import_module

    from .contracts.component import Component

    module, _, name = info.entry_point.partition(":")
    if info.root and info.root not in sys.path:
        sys.path.append(info.root)
    try:
        found: object = getattr(import_module(module), name)
    except ImportError as error:
        raise MissingToolError(
            f"flavor {info.name!r} cannot be imported: {error}",
            where=info.entry_point,
            hint=f"install or repair what it comes from: {info.integration or info.root}",
        ) from error
    except AttributeError as error:
        raise PodiumError(f"flavor {info.name!r} has no class {name!r}", where=module) from error
    except Exception as error:  # the module is another's code, and may fail in any way
        raise PodiumError(
            f"flavor {info.name!r} cannot be imported: {type(error).__name__}: {error}", where=info.entry_point
        ) from error
    if not (isinstance(found, type) and issubclass(found, Component)):
        raise PodiumError(f"flavor {info.name!r} is not a class that extends Component", where=info.entry_point)
    return found
