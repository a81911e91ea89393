"""What the fields of DockerSettings may hold: nothing that reads as another instruction, option or line once it is in
a Dockerfile or a requirements file, and no credential, since whoever has an image can read all that went into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar

# Compiled when first used: this module is loaded with every pipeline that has settings.
_URL = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+"
_IMAGE = r"[A-Za-z0-9][A-Za-z0-9._:/@-]*\Z"
_REPOSITORY = r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*\Z"
_TAG = r"(?a)\w[\w.-]{0,127}\Z"
_PLATFORM = r"linux/[a-z0-9]+(?:/[a-z0-9]+)?\Z"
_USER = r"(?a)\w[\w.-]*(?::\w[\w.-]*)?\Z"
_APT = r"(?a)[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?(?:=[\w.+:~-]+|/[\w.-]+)?\Z"  # deb-version(7)
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*\Z"
_OPTION = r"[a-z][a-z0-9-]*\Z"

_TextT = TypeVar("_TextT", bound="str | Iterable[str]")

BuildOption: TypeAlias = str | int | bool | list[str] | dict[str, str]
BUILD_OPTIONS: Mapping[str, type] = {
    "buildargs": dict,
    "cache_from": list,
    "extra_hosts": dict,
    "forcerm": bool,
    "isolation": str,
    "labels": dict,
    "network_mode": str,
    "nocache": bool,
    "pull": bool,
    "shmsize": int,
    "squash": bool,
    "target": str,
}
"""Options of a build, by the names that Docker's SDK has for them, and what each takes."""


def holds_credential(text: str) -> bool:
    """Say whether a URL in the text has a password, or one for HTTP a user, which is how tokens are given."""
    from urllib.parse import urlsplit

    for url in re.findall(_URL, text):
        try:
            parts = urlsplit(url)
        except ValueError:
            return "@" in url
        if parts.password or (parts.username and parts.scheme.endswith(("http", "https"))):
            return True
    return False


def image(text: str) -> str:
    """Return a reference to an image; raise ValueError for other text."""
    return _matching(_IMAGE, text, "no reference to an image such as 'python:3.11-slim'")


def tag(text: str) -> str:
    """Return a tag; raise ValueError for other text."""
    return _matching(_TAG, text, "no tag: up to 128 letters, digits, '_', '.' and '-'")


def repository(text: str) -> str:
    """Return the name of a repository; raise ValueError for other text."""
    return _matching(_REPOSITORY, text, "no repository: a-z, 0-9 and, between them, '.', '_', '-' and '/'")


def platform(text: str) -> str:
    """Return a platform; raise ValueError for other text."""
    return _matching(_PLATFORM, text, "no platform such as 'linux/amd64'")


def user(text: str) -> str:
    """Return a user; raise ValueError for other text."""
    return _matching(_USER, text, "no user: a name or number, and ':' and a group if need be")


def apt_packages(names: Iterable[str]) -> list[str]:
    """Return package names; raise ValueError naming those that apt could not take for one."""
    names = list(names)
    wrong = [name for name in names if not re.match(_APT, name)]
    if wrong:
        raise ValueError(f"no name of a package for apt: {', '.join(map(repr, wrong))}")
    return names


def one_line(text: _TextT) -> _TextT:
    """Return a text, or texts, of which each is one line without credentials; raise ValueError for others."""
    for each in [text] if isinstance(text, str) else text:
        if len(each.splitlines()) > 1 or not each.replace("\t", " ").isprintable():
            raise ValueError(f"{each!r} is not one line of plain text")
    return secretless(text)


def secretless(text: _TextT) -> _TextT:
    """Return a text, or texts, without credentials; raise ValueError for others, not repeating them."""
    for each in [text] if isinstance(text, str) else text:
        if holds_credential(each):
            raise ValueError("a URL with credentials in it would let all who have the image read them")
        if "\0" in each:
            raise ValueError("a text cannot have a zero byte")
    return text


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables that an image can have; raise ValueError naming those that it cannot."""
    for name, value in variables.items():
        if not re.match(_VARIABLE, name):
            raise ValueError(f"{name!r} is no name of a variable")
        if "\n" in value or "\r" in value:
            raise ValueError(f"the value of {name} has a line break, which the environment of an image cannot have")
        try:
            secretless(value)
        except ValueError as error:
            raise ValueError(f"the value of {name}: {error}") from None
    return dict(variables)


def installer_args(options: Mapping[str, str | int | bool | list[str] | None]) -> dict[str, object]:
    """Return options of uv or pip; raise ValueError for names that are none, and for values with credentials."""
    for name, value in options.items():
        if not re.match(_OPTION, name):
            raise ValueError(f"{name!r} is no option: give it without the leading '--'")
        one_line(value if isinstance(value, list) else str(value))
    return dict(options)


def build_options(options: Mapping[str, BuildOption]) -> dict[str, BuildOption]:
    """Return options of a build; raise ValueError for unknown ones, wrong types and values with credentials."""
    from ..names import did_you_mean

    for name, value in options.items():
        kind = BUILD_OPTIONS.get(name)
        if kind is None:
            meant = did_you_mean(name, BUILD_OPTIONS) or f"there are {', '.join(BUILD_OPTIONS)}"
            raise ValueError(f"there is no build option {name!r}; {meant}")
        if type(value) is not kind:
            raise ValueError(f"build option {name!r} is a {kind.__name__}, not {value!r}")
        if name == "buildargs" and isinstance(value, dict):
            environment(value)
    return dict(options)


def _matching(pattern: str, text: str, reason: str) -> str:
    if not re.match(pattern, text):
        raise ValueError(f"{text!r} is {reason}")
    return text
