"""Reads requirements as pip and uv do, into lines that mean the same in an image: they name no files and no paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import dataclass, field
from ..sdk.docker_values import one_line

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_COMMENT = re.compile(r"(^|\s+)#.*$")
_HASHES = re.compile(r"(?:\s+--hash[=\s]\s*\w+:[0-9a-fA-F]+)+\s*\Z")
_URL = re.compile(r"(?:[a-z]+\+)?(?:https?|ssh)://")
_FILES = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_FILE = re.compile(r"\.(whl|zip|tar\.\w+|tgz)\s*\Z")
_LINKS = ("-f", "--find-links")
_OPTIONS = {"-i", "--index-url", "--extra-index-url", *_LINKS, "--no-index", "--no-binary", "--only-binary"}
_OF_PIP = {  # uv warns of these and goes on without
    "--pre": '"prerelease": "allow"',
    "--prefer-binary": "",
    "--trusted-host": '"allow-insecure-host": HOST',
    "--use-feature": "",
}


@dataclass(slots=True)
class RequirementLines:
    """Requirements of one source. `podium` are those of podium itself, which no index is asked for.

    `locked` ones have hashes, so that nothing without one can be installed beside them.
    """

    lines: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    podium: list[Requirement] = field(default_factory=list)
    locked: bool = False
    faults: list[str] = field(default_factory=list)


class Reader:
    """Reads the lines of one source for one installer."""

    def __init__(self, installer: str) -> None:
        self._installer = installer
        self._open: list[Path] = []
        self.found = RequirementLines()

    def read_file(self, path: Path, place: str, *, constraints: bool = False) -> None:
        """Add what a file holds, and what it includes."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
            self.found.faults.append(f"{place}: {reason}")
            return
        if path.resolve() in self._open:
            return
        self._open.append(path.resolve())
        self.read_lines(text.splitlines(), place, folder=path.parent, constraints=constraints)
        self._open.pop()

    def read_lines(
        self, lines: Sequence[str], place: str, *, folder: Path | None = None, constraints: bool = False
    ) -> None:
        """Add requirements and options; files that they name are relative to a folder, without which there are none."""
        for number, line in _logical(lines):
            try:
                self._read(one_line(line), place, folder, constraints=constraints)
            except ValueError as error:
                self.found.faults.append(f"{place}, line {number}: {error}")

    def _read(self, line: str, place: str, folder: Path | None, *, constraints: bool) -> None:
        if line.startswith("-"):
            self._read_option(line, place, folder, constraints=constraints)
            return
        hashes = _HASHES.search(line)
        bare = line[: hashes.start()] if hashes else line
        needed = _requirement(bare)
        if needed and needed.name.lower() == "podium":
            self.found.podium.append(needed)
            return
        self.found.locked = self.found.locked or hashes is not None
        (self.found.constraints if constraints else self.found.lines).append(line)

    def _read_option(self, line: str, place: str, folder: Path | None, *, constraints: bool) -> None:
        name, value = re.match(r"(--?[\w-]*)[=\s]*(.*)", line).groups()  # type: ignore[union-attr]
        if name in (*_FILES, *_CONSTRAINTS):
            if folder is None or _URL.match(value):
                raise ValueError(f"{name} needs a file of this machine, in a requirements file")
            file = folder / value.strip("\"'")
            self.read_file(file, f"{value} (of {place})", constraints=constraints or name in _CONSTRAINTS)
        elif name in ("-e", "--editable"):
            raise ValueError(f"{line!r} is a folder of this machine; code below the source root needs no requirement")
        elif name in _LINKS and not _URL.match(value):
            raise ValueError(f"{line!r} is a path of this machine, which the image does not have")
        elif name in _OF_PIP and self._installer == "uv":
            instead = f", or set python_package_installer_args={{{_OF_PIP[name]}}}" if _OF_PIP[name] else ""
            raise ValueError(f"uv has no {name} in requirements: set python_package_installer='pip'{instead}")
        elif name == "--require-hashes":
            self.found.locked = True
        elif name in _OPTIONS or name in _OF_PIP:
            self.found.lines.append(line)
        else:
            raise ValueError(f"{name!r} is no option of requirements")


def _logical(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield lines with continuations joined, without comments and what is empty, and the numbers that they begin at."""
    begun, text = 0, ""
    for number, line in enumerate([*lines, ""], 1):
        begun = begun if text else number
        if line.endswith("\\") and not _COMMENT.match(line):
            text += line[:-1]
            continue
        text += line
        if bare := _COMMENT.sub("", text).strip():
            yield begun, bare
        text = ""


def _requirement(text: str) -> Requirement | None:
    """Return a requirement, None for a bare URL; raise ValueError for text that is neither."""
    from packaging.requirements import InvalidRequirement, Requirement

    if _URL.match(text):
        return None
    try:
        needed = Requirement(text)
    except InvalidRequirement:
        needed = None
    url = needed.url if needed else None
    if text.startswith((".", "/", "~", "file:")) or (url and not _URL.match(url)) or (not url and _FILE.search(text)):
        raise ValueError(f"{text!r} is a path of this machine, which the image does not have")
    if needed is None:
        raise ValueError(f"{text!r} is no requirement")
    return needed
