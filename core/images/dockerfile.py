"""The text of a Dockerfile: what changes seldom comes first, and no value reads as another instruction."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..execution.job_folder import BAKED
from .recipe import PARENT

if TYPE_CHECKING:
    from ..sdk.settings import DockerSettings
    from .requirements import Requirements

FOLDER = "/opt/podium"
"""Where an image has what podium puts into it."""
OF_PODIUM = "podium.txt"
CODE_ARCHIVE = "code.tar.gz"

_PYTHON = """\
RUN { command -v python || ln -s "$(command -v python3)" /usr/local/bin/python; } \
&& python -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
|| { echo 'podium: the parent image needs Python 3.10 or newer' >&2; exit 1; }"""
_PIP = "PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
python -m pip install --no-input --no-cache-dir"
_UV = 'uv pip install --python "$(command -v python)" --break-system-packages --no-cache --link-mode copy \
--compile-bytecode'
OF_THE_USER_ONLY = frozenset({"no-deps", "require-hashes"})
"""Options that would keep podium, or what it needs, from being installed."""


def render(settings: DockerSettings, requirements: Requirements, *, wheel: str, code: str | None) -> str:
    """Return the text; `wheel` is the name of podium's, `code` the digest of the code archive to unpack."""
    lines = [
        *_parent(settings),
        *_environment(settings.environment),
        *(f"ARG {name}" for name in sorted(_build_arguments(settings))),
        *_apt(settings.apt_packages),
        _PYTHON,
        *_installer(settings),
        *_of_the_user(settings, requirements),
        *_podium(settings, wheel),
        *_code(settings, code),
        *_environment(settings.runtime_environment),
        *([f"USER {settings.user}"] if settings.user else []),
    ]
    return "\n".join([*lines, ""])


def _parent(settings: DockerSettings) -> Iterator[str]:
    if settings.dockerfile:
        yield f"ARG {PARENT}"
        yield f"FROM ${{{PARENT}}}"
    else:
        yield f"FROM {settings.parent_image or 'python:{}.{}-slim'.format(*sys.version_info)}"


def _build_arguments(settings: DockerSettings) -> Iterable[str]:
    arguments = settings.build_config.build_options.get("buildargs") if settings.build_config else None
    return arguments if isinstance(arguments, dict) else ()


def _environment(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield instructions; inside the quotes a backslash, a quote and a dollar mean something to Docker."""
    for name, value in sorted(variables.items()):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        yield f'ENV {name}="{quoted}"'


def _apt(packages: Iterable[str]) -> Iterator[str]:
    names = " ".join(sorted(set(packages)))
    if names:
        yield (
            "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "
            f"{names} && rm -rf /var/lib/apt/lists/*"
        )


def _installer(settings: DockerSettings) -> Iterator[str]:
    if settings.python_package_installer == "uv":
        yield f"RUN command -v uv || {_PIP} uv"


def _of_the_user(settings: DockerSettings, requirements: Requirements) -> Iterator[str]:
    """Yield what installs the user's requirements; those with hashes by themselves, since all or none must have one."""
    sources = requirements.sources
    if sources:
        names = [name for source in sources for name in requirement_files(requirements, source)]
        yield f"COPY {' '.join(sorted(names))} {FOLDER}/"
    for source, found in sources.items():
        if found.locked:
            yield _install(settings, ["--require-hashes", *_chosen(requirements, source)])
    together = [part for source in sources if not sources[source].locked for part in _chosen(requirements, source)]
    if together:
        yield _install(settings, together)


def requirement_files(requirements: Requirements, source: str) -> dict[str, list[str]]:
    """Return the lines of the files of a source by name: what to install first, then constraints if there are any."""
    found = requirements.sources[source]
    constraints = {f"{source}-constraints.txt": found.constraints} if found.constraints else {}
    return {f"{source}.txt": found.lines, **constraints}


def _chosen(requirements: Requirements, source: str) -> Iterator[str]:
    for option, name in zip(("-r", "-c"), requirement_files(requirements, source), strict=False):
        yield f"{option} {FOLDER}/{name}"


def _podium(settings: DockerSettings, wheel: str) -> Iterator[str]:
    """Yield what installs podium: within what is there already, of which it replaces nothing."""
    kept = f"{FOLDER}/installed.txt"
    yield f"COPY {wheel} {OF_PODIUM} {FOLDER}/"
    install = _install(settings, [f"-r {FOLDER}/{OF_PODIUM}", f"-c {kept}"], leave_out=OF_THE_USER_ONLY)
    listed = (
        f'PYTHONPATH="{FOLDER}/{wheel}${{PYTHONPATH:+:$PYTHONPATH}}" python -m podium.core.images.installed > {kept}'
    )
    yield f"RUN {listed} && {install.removeprefix('RUN ')}"


def _install(settings: DockerSettings, chosen: Iterable[str], leave_out: frozenset[str] = frozenset()) -> str:
    command = _UV if settings.python_package_installer == "uv" else _PIP
    given = settings.python_package_installer_args.items()
    options = [part for name, value in given if name not in leave_out for part in _option(name, value)]
    return " ".join(["RUN", command, *options, *chosen])


def _option(name: str, value: str | float | list[str] | None) -> Iterator[str]:
    if value is None or value is True:
        yield f"--{name}"
    elif value is not False:
        for each in value if isinstance(value, list) else [value]:
            yield shlex.quote(f"--{name}={each}")


def _code(settings: DockerSettings, digest: str | None) -> Iterator[str]:
    """Yield what unpacks the code; the user's command is JSON, in which a line break is none."""
    if digest is not None:
        yield f"ADD {CODE_ARCHIVE} {BAKED}/{digest}/"
        if settings.local_project_install_command:
            command = f"cd {BAKED}/{digest} && {{ {settings.local_project_install_command}\n}}"
            yield f"RUN {json.dumps(['/bin/sh', '-c', command])}"
