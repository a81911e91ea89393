"""What of a project's folder is its code: all but what ignore files name, secrets by their looks, and tools' own files.

Paths are bytes, as the system has them, so that no locale changes what is found.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from ..dataclass import dataclass, field
from .patterns import DockerPatterns, Patterns, git_patterns
from .secret_files import LOOKS_SECRET

_NEVER = frozenset((b".git", b".hg", b".svn", b"__pycache__"))
_ENVIRONMENT = b"pyvenv.cfg"  # of Python, not of variables
_MARKER = b".podium"
_GIT, _DOCKER, _PODIUM = b".gitignore", b".dockerignore", b".podiumignore"
SENSITIVE = "look like secrets"
OUTSIDE = "are links to what is not in the project"
SPECIAL = "are neither files nor folders"


class Entry(NamedTuple):
    """A file, a link or a project's mark, by its path from the root; `target` is a link's, from the link's folder."""

    path: bytes
    kind: Literal["file", "link", "mark"]
    size: int = 0
    target: bytes = b""


class _Rules(NamedTuple):
    """The rules of one folder; from there, a path from the root is `prefix` and the path from `cut` on."""

    patterns: Patterns
    cut: int
    prefix: bytes = b""


class _Folder(NamedTuple):
    """A folder to look into, with the rules for what is in it, the nearest last."""

    path: bytes
    git: tuple[_Rules, ...]
    podium: tuple[_Rules, ...]
    docker: DockerPatterns | None


@dataclass(slots=True)
class Tree:
    """What was found: `left_out` is what a user may miss, by why, and `unreadable` has what the system said."""

    entries: list[Entry] = field(default_factory=list)
    left_out: dict[str, list[bytes]] = field(default_factory=dict)
    unreadable: dict[bytes, str] = field(default_factory=dict)


def find_code(root: Path, apart: Iterable[Path], most: int | None) -> Tree:
    """Walk a folder, those `apart` left alone, up to a number of files; what is left out is not walked.

    What `.gitignore`, in any folder and up to git's own root, or the root's `.dockerignore` names is left out;
    `.podiumignore`, in any folder, goes before both, and its `!` rules bring back what looks like a secret, too.
    """
    walk = _Walk(os.path.realpath(os.fsencode(root)), {os.path.realpath(os.fsencode(path)) for path in apart}, most)
    walk.run()
    walk.tree.entries.sort()
    return walk.tree


def shown(path: bytes) -> str:
    """Write a path, relative to the root, as one line of text."""
    text = path.decode(errors="backslashreplace") or "."
    return text if text.isprintable() else text.encode("unicode_escape").decode()


class _Walk:
    def __init__(self, root: bytes, apart: set[bytes], most: int | None) -> None:
        self._root = root
        self._apart = apart
        self._most = most
        self.tree = Tree()

    def run(self) -> None:
        pending = [_Folder(b"", self._rules_above(), (), None)]
        while pending and (self._most is None or len(self.tree.entries) <= self._most):
            pending += self._look_into(pending.pop())

    def _rules_above(self) -> tuple[_Rules, ...]:
        """Return the rules of the folders above that are of the same repository."""
        found: tuple[_Rules, ...] = ()
        folder = self._root
        while not os.path.lexists(folder + b"/.git"):
            above = os.path.dirname(folder)
            if above == folder:
                return ()  # there is no repository
            folder = above
            data = self._read_rules(folder + b"/" + _GIT)
            if data is not None:
                found = (_Rules(git_patterns(data), 0, os.path.relpath(self._root, folder) + b"/"), *found)
        return found

    def _look_into(self, folder: _Folder) -> Iterator[_Folder]:
        try:
            with os.scandir(self._root + b"/" + folder.path) as found:
                names = {entry.name: entry for entry in found}
        except (FileNotFoundError, NotADirectoryError):
            return  # it was there a moment ago
        except OSError as error:
            self.tree.unreadable[folder.path] = str(error.strerror)
            return
        if _ENVIRONMENT in names and folder.path:
            return
        folder = self._with_rules(folder, names)
        start = folder.path + b"/" if folder.path else b""
        for name, entry in names.items():
            if name not in _NEVER:
                yield from self._judge(folder, start + name, entry)

    def _with_rules(self, folder: _Folder, names: Collection[bytes]) -> _Folder:
        start = self._root + b"/" + folder.path + b"/"
        cut = len(folder.path) + 1 if folder.path else 0
        data = self._read_rules(start + _GIT) if _GIT in names else None
        if data is not None:
            folder = folder._replace(git=(*folder.git, _Rules(git_patterns(data), cut)))
        data = self._read_rules(start + _PODIUM) if _PODIUM in names else None
        if data is not None:
            folder = folder._replace(podium=(*folder.podium, _Rules(git_patterns(data), cut)))
        data = self._read_rules(start + _DOCKER) if _DOCKER in names and not folder.path else None
        return folder if data is None else folder._replace(docker=DockerPatterns(data))

    def _read_rules(self, path: bytes) -> bytes | None:
        """Return what an ignore file says; a link is none, as with git."""
        if os.path.islink(path) or not os.path.isfile(path):
            return None
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            self.tree.unreadable[os.path.relpath(path, self._root)] = str(error.strerror)
            return None

    def _judge(self, folder: _Folder, path: bytes, entry: os.DirEntry[bytes]) -> Iterator[_Folder]:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and entry.name == _MARKER:
            self.tree.entries.append(Entry(path, "mark"))
            return
        if is_folder and self._root + b"/" + path in self._apart:
            return
        verdict = _verdict(folder.podium, path, is_folder=is_folder)
        if verdict or (verdict is None and _is_ignored(folder, path, is_folder=is_folder)):
            return
        if verdict is None and LOOKS_SECRET.verdict(path, is_folder=is_folder):
            if not os.path.exists(entry.path + b"/" + _ENVIRONMENT):
                self._leave_out(SENSITIVE, path)
        elif is_folder:
            yield folder._replace(path=path, docker=folder.docker if verdict is None else None)
        else:
            self._add(path, entry)

    def _add(self, path: bytes, entry: os.DirEntry[bytes]) -> None:
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if target.startswith(self._root + b"/") or target == self._root:
                here = os.path.dirname(entry.path)
                self.tree.entries.append(Entry(path, "link", target=os.path.relpath(target, here)))
            else:
                self._leave_out(OUTSIDE, path)
        elif entry.is_file(follow_symlinks=False):
            try:
                size = entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                return  # it was there a moment ago
            self.tree.entries.append(Entry(path, "file", size))
        else:
            self._leave_out(SPECIAL, path)

    def _leave_out(self, reason: str, path: bytes) -> None:
        self.tree.left_out.setdefault(reason, []).append(path)


def _is_ignored(folder: _Folder, path: bytes, *, is_folder: bool) -> bool:
    if _verdict(folder.git, path, is_folder=is_folder):
        return True
    docker = folder.docker
    if docker is None or not docker.verdict(path, is_folder=is_folder):
        return False
    return not (is_folder and docker.may_keep_below(path))


def _verdict(rules: tuple[_Rules, ...], path: bytes, *, is_folder: bool) -> bool | None:
    for rule in reversed(rules):
        verdict = rule.patterns.verdict(rule.prefix + path[rule.cut :], is_folder=is_folder)
        if verdict is not None:
            return verdict
    return None
