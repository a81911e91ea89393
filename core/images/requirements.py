"""All that settings say is to be installed, as requirements files of an image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ... import __version__
from ..dataclass import dataclass, field
from ..errors import NotFoundError
from ..integrations.catalog import find, own_distribution
from .local_environment import installed_requirements
from .project import project_requirements
from .requirement_lines import Reader, RequirementLines

if TYPE_CHECKING:
    from ..sdk.settings import DockerSettings

Fault: TypeAlias = Callable[[str, str], None]
"""Takes the name of a field and what is wrong with it."""


@dataclass(slots=True)
class Requirements:
    """What is to be installed: the user's, by the field that asks for them, then podium's `extras`.

    `beside` is what the stack's components need that no extra of podium brings.
    """

    sources: dict[str, RequirementLines] = field(default_factory=dict)
    extras: set[str] = field(default_factory=set)
    beside: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def collect(settings: DockerSettings, base: Path, of_stack: Iterable[str], fault: Fault) -> Requirements:
    """Return all requirements, those of the stack among them unless the settings leave them out."""
    found = Requirements()
    for name, read in _sources(settings, base, found.notices):
        reader = Reader(settings.python_package_installer)
        try:
            read(reader)
        except ValueError as error:
            fault(name, str(error))
        _take_podium(reader.found, name, found.extras, fault)
        if reader.found.lines:
            found.sources[name] = reader.found
    for integration in settings.required_integrations:
        found.extras |= _extra(integration, fault)
    if settings.install_stack_requirements:
        reader = Reader(settings.python_package_installer)
        reader.read_lines(list(of_stack), "the stack")
        _take_podium(reader.found, "install_stack_requirements", found.extras, fault)
        found.beside = reader.found.lines
    return found


def _sources(
    settings: DockerSettings, base: Path, notices: list[str]
) -> Iterator[tuple[str, Callable[[Reader], None]]]:
    """Yield the fields that bring requirements, and what reads them, raising ValueError where there are none."""
    requirements, pyproject = settings.requirements, settings.pyproject_path
    export = settings.pyproject_export_command
    if settings.replicate_local_python_environment:
        yield "replicate_local_python_environment", lambda reader: _read_installed(reader, notices)
    if isinstance(requirements, str):
        yield "requirements", lambda reader: _read_file(reader, base, requirements)
    elif requirements:
        yield "requirements", lambda reader: reader.read_lines(requirements, "the list")
    if pyproject:
        yield (
            "pyproject_path",
            lambda reader: reader.read_lines(project_requirements(base / pyproject, export), pyproject),
        )
    others = requirements or pyproject or settings.replicate_local_python_environment
    if not settings.disable_automatic_requirements_detection and not others:
        yield "disable_automatic_requirements_detection", lambda reader: _read_detected(reader, base, export)


def _read_installed(reader: Reader, notices: list[str]) -> None:
    lines, left_out = installed_requirements()
    reader.read_lines(lines, "what is installed")
    if left_out:
        notices.append(f"left out of the image, since only this machine has it: {', '.join(left_out)}")


def _read_file(reader: Reader, base: Path, name: str) -> None:
    if Path(name).suffix in (".lock", ".toml"):
        raise ValueError(f"{name} is no requirements file; pyproject_path takes the project that it belongs to")
    reader.read_file(base / name, name)


def _read_detected(reader: Reader, base: Path, export: list[str] | None) -> None:
    if export is None and (base / "requirements.txt").is_file():
        _read_file(reader, base, "requirements.txt")
    elif (base / "pyproject.toml").is_file():
        reader.read_lines(project_requirements(base, export), "pyproject.toml")
    else:
        raise ValueError("the source root has neither requirements.txt nor pyproject.toml")


def _take_podium(found: RequirementLines, name: str, extras: set[str], fault: Fault) -> None:
    """Tell of what is wrong, and note the extras of podium that are asked for: podium itself comes from here."""
    from packaging.utils import canonicalize_name

    for reason in found.faults:
        fault(name, reason)
    for needed in found.podium:
        known = {canonicalize_name(extra) for extra in own_distribution().metadata.get_all("Provides-Extra") or ()}
        asked = {canonicalize_name(extra) for extra in needed.extras}
        if unknown := asked - known:
            fault(name, f"podium has no extra {', '.join(sorted(unknown))}")
        if not needed.specifier.contains(__version__, prereleases=True):
            fault(name, f"{needed} cannot be: images have the podium that runs, which is {__version__}")
        extras |= asked


def _extra(integration: str, fault: Fault) -> set[str]:
    try:
        return {find(integration).name.replace("_", "-")}
    except NotFoundError as error:
        fault("required_integrations", f"{error.message}: {error.hint}")
        return set()
