"""What an integration can take along when it goes: packages that nothing else here needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..dataclass import dataclass
from ..errors import ConflictError, NotFoundError
from .catalog import Integration, requirements
from .environment import Environment, by_environment, is_installed


@dataclass(frozen=True, slots=True)
class Removal:
    """The packages to uninstall from one environment, all of it when there are none, and who needs the rest."""

    environment: Environment
    packages: tuple[str, ...]
    kept: dict[str, str]


def plan(leaving: Sequence[Integration]) -> list[Removal]:
    """Return what uninstalling some integrations comes to.

    Raises NotFoundError for one that is not installed, ConflictError when nothing of it can go.
    """
    for each in leaving:
        if not is_installed(each):
            raise NotFoundError(f"integration {each.name!r} is not installed", hint="podium integration list")
    return [
        _whole(environment, members) if environment.folder else _packages(members)
        for environment, members in by_environment(leaving).items()
    ]


def _whole(environment: Environment, leaving: Sequence[Integration]) -> Removal:
    rest = [each.name for each in environment.members if each not in leaving and is_installed(each)]
    if rest:
        raise ConflictError(
            f"integration {', '.join(rest)} has the same environment, which goes as a whole",
            where=str(environment.folder),
            hint=f"podium integration uninstall {' '.join([*(each.name for each in leaving), *rest])}",
        )
    return Removal(environment, (), {})


def _packages(leaving: Sequence[Integration]) -> Removal:
    from packaging.utils import canonicalize_name

    wanted: set[str] = {canonicalize_name(needed.name) for each in leaving for needed in requirements(each)}
    gone, kept = set(wanted), dict[str, str]()
    while needed := dict(_users(frozenset(gone))):  # what stays may need what was to go
        kept |= needed
        gone -= needed.keys()
    if not gone:
        needs = "; ".join(f"{package} is needed by {user}" for package, user in sorted(kept.items()))
        raise ConflictError(f"nothing of {', '.join(each.name for each in leaving)} can be uninstalled: {needs}")
    return Removal(Environment(), tuple(sorted(gone)), kept)


def _users(going: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield which of the packages have to stay, and for whom; an integration all of whose packages go needs none."""
    from importlib.metadata import distributions

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for each in Environment().members:
        needs = {canonicalize_name(needed.name) for needed in requirements(each)}
        if not needs <= going and is_installed(each):
            yield from ((package, f"integration {each.name}") for package in needs & going)
    for found in distributions():
        name = canonicalize_name(found.name)
        if name in going:
            continue
        for text in found.requires or ():
            needed = Requirement(text)
            package = canonicalize_name(needed.name)
            if package in going and (not needed.marker or needed.marker.evaluate({"extra": ""})):
                yield package, name
