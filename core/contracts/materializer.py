"""The contract of a materializer: how values of some types become a file or folder, and come back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar


class Materializer(ABC):
    """Saves and loads values of the types it names, and of their subclasses.

    A class body is all there is to registering one: `types` holds classes, or `module:qualname` strings for classes of
    libraries that must not be imported before they are used; `suffix` ends the artifact's file name, and is empty when
    the artifact is a folder. The class name, unique in a process, is what an artifact's record says.
    """

    types: ClassVar[tuple[type | str, ...]] = ()
    suffix: ClassVar[str] = ""

    @abstractmethod
    def save(self, value: object, path: Path) -> None:
        """Write the value to `path`, which does not exist yet, as a file or as a folder."""

    @abstractmethod
    def load(self, path: Path, expected: type | None) -> object:
        """Read back the value; `expected` is the class the reader's annotation asks for, None when it asks for none."""
