"""Which stack applies: the one asked for, else the environment's, the repository's, the active one, the default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import NotFoundError
from ..paths import config_home
from .records import DEFAULT

if TYPE_CHECKING:
    from .config_store import ConfigStore
    from .records import StackRecord

REPOSITORY_KEYS = ("stack", "code_limit")


@dataclass(frozen=True, slots=True)
class Selection:
    """The name of a stack and where that name came from."""

    stack: str
    source: str


def select_stack(store: ConfigStore, asked: str | None = None) -> Selection:
    """Return the stack that applies in the working directory."""
    if asked:
        return Selection(asked, "--stack")
    variable = os.environ.get("PODIUM_STACK")
    if variable:
        return Selection(variable, "PODIUM_STACK")
    repository = find_repository(Path.cwd())
    pinned = read_pin(repository_file(repository)) if repository else None
    if repository and pinned:
        return Selection(pinned, str(repository_file(repository)))
    active = store.active_stack()
    return Selection(active, str(store.active_path)) if active else Selection(DEFAULT, "built in")


def selected_stack(store: ConfigStore, asked: str | None = None) -> StackRecord:
    """Return the stack that applies; raise NotFoundError saying what chose it when it does not exist."""
    selection = select_stack(store, asked)
    try:
        return store.stacks.get(selection.stack)
    except NotFoundError as error:
        error.where = f"chosen by {selection.source}"
        raise


def find_repository(start: Path) -> Path | None:
    """Return the nearest folder, from `start` up, that holds `.podium/`; the config home itself does not count."""
    home = config_home()
    for folder in (start, *start.parents):
        marker = folder / ".podium"
        if marker.is_dir() and marker != home:
            return folder
    return None


def repository_file(repository: Path) -> Path:
    """Return the file that may pin a repository's stack, and say how large its code may be."""
    return repository / ".podium" / "config.yaml"


def read_pin(path: Path) -> str | None:
    """Return the stack that a file names, None when there is no file or it names none."""
    if not path.exists():
        return None
    from .document import read_document

    document = read_document(path, REPOSITORY_KEYS)
    return document.text("stack") if document.values.get("stack") is not None else None
