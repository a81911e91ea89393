"""How large the code of a project may be: 100 MiB packed, or what its `.podium/config.yaml` says."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError
from ..paths import config_home
from ..sdk.settings import memory_bytes
from ..store.document import read_document
from ..store.selection import REPOSITORY_KEYS, repository_file
from .archive import in_words
from .tree import Entry, shown

MOST_FILES = 100_000
_KEY = "code_limit"
_LISTED = 5
_MOST_OF = 0.8


class Limit(NamedTuple):
    """`size` is in bytes packed; `files` is None where the project has set its own size."""

    size: int
    files: int | None


def read_limit(root: Path) -> Limit:
    """Return the limit of a project; raise PodiumError, with its line, when the file has one that makes no sense."""
    file = repository_file(root)
    default = Limit(100 << 20, MOST_FILES)
    if not file.exists():
        return default
    document = read_document(file, REPOSITORY_KEYS)
    text = document.optional_text(_KEY)
    try:
        return Limit(memory_bytes(text), None) if text else default
    except ValueError as error:
        raise document.fault(f"{_KEY!r}: {error}", _KEY) from None


def check_root(root: Path) -> None:
    """Raise UsageError for a source root that is hardly meant: `/`, podium's own folder, a home not marked as one."""
    folder = os.path.realpath(root)
    home = os.path.realpath(os.path.expanduser("~"))
    if folder in {"/", os.path.realpath(config_home())} or (folder == home and not (root / ".podium").is_dir()):
        raise UsageError(
            f"the code of this run would be all of {folder}",
            hint="move the pipeline into a folder of its own, or run `podium init` in the project's folder",
        )


def too_large(root: Path, limit: Limit, entries: Sequence[Entry]) -> UsageError:
    """Return the error that says what takes the room, by number of files where those are too many, and what to do."""
    file = repository_file(root)
    many = limit.files is not None and len(entries) > limit.files
    heaviest = _heaviest({entry.path: 1 if many else entry.size for entry in entries})
    lines = [f"  {shown(path)}: {f'{weight} files' if many else in_words(weight)}" for path, weight in heaviest]
    most = f"has over {limit.files} files" if many else f"is over {in_words(limit.size)}, packed"
    marked = file.parent.is_dir()
    why = "marked by .podium" if marked else "the pipeline's own folder, as no .podium marks another"
    other = "run `podium init` in a folder further down" if marked else "move the pipeline into a folder of its own"
    more = f"allow more by `{_KEY}: 500MiB` in {file}{'' if marked else ', which `podium init` makes'}"
    return UsageError(
        "\n".join([f"the code below {root}, {why}, {most}:", *lines]),
        hint=f"name what steps do not need in {root}/.podiumignore, as in .gitignore; or {other}; or {more}",
    )


def _heaviest(weights: Mapping[bytes, int]) -> list[tuple[bytes, int]]:
    """Return what weighs most, and more than a hundredth; for a folder that is heavy by one thing in it, that thing."""
    totals: Counter[bytes] = Counter()
    inside: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for path, weight in weights.items():
        below = path
        while below:
            totals[below] += weight
            above = below.rpartition(b"/")[0]
            inside[above].add(below)
            below = above

    def by_weight(folder: bytes) -> list[bytes]:
        return sorted(inside[folder], key=lambda path: (-totals[path], path))

    def narrowed(path: bytes) -> bytes:
        heaviest = by_weight(path)[:1]
        return narrowed(heaviest[0]) if heaviest and totals[heaviest[0]] > totals[path] * _MOST_OF else path

    tops = [path for path in by_weight(b"") if totals[path] * 100 > sum(weights.values())]
    return [(path, totals[path]) for path in map(narrowed, tops[:_LISTED])]
