"""The contract of a materializer: how values of some types become a file or folder, and come back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from ..errors import UsageError


class Unsuited(Exception):  # noqa: N818 - an answer, not an error
    """Raised by `save` for a value this materializer cannot give back unchanged; the next one for the type is tried."""


class PickleWarning(UserWarning):
    """A value was stored in a form that runs code when loaded, as no materializer suits it."""


class Materializer(ABC):
    """Saves and loads values of the types it names, and of their subclasses.

    A class body is all there is to registering one: `types` holds classes, or `module:qualname` strings for classes of
    libraries that must not be imported before they are used; `suffix` ends the artifact's file name, and is empty when
    the artifact is a folder. The class name, unique in a process, is what an artifact's record says.
    """

    types: ClassVar[tuple[type | str, ...]] = ()
    suffix: ClassVar[str] = ""
    runs_code: ClassVar[bool] = False
    """Loading runs code that is stored in the artifact, so only trusted artifacts may be loaded."""

    last_resort: ClassVar[bool] = False
    """Tried after all others, whatever its `types`; the user is warned when it is needed."""

    trust = True
    """Whether the artifact being loaded is trusted; set on the instance before `load`."""

    registered: ClassVar[dict[str, type[Materializer]]] = {}
    """Every materializer of this process by class name, in order of definition; replaced, never changed."""

    def __init_subclass__(cls) -> None:
        """Register the class; raise UsageError when another class of that name is there."""
        known = Materializer.registered.get(cls.__name__, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise UsageError(
                f"two materializers are named {cls.__name__}: in {known.__module__} and in {cls.__module__}",
                hint="rename one of them: stored artifacts name their materializer by its class name",
            )
        others = {name: other for name, other in Materializer.registered.items() if other is not known}
        Materializer.registered = {**others, cls.__name__: cls}

    @abstractmethod
    def save(self, value: object, path: Path) -> tuple[str, int] | None:
        """Write the value to `path`, which does not exist yet, as a file or as a folder.

        Return digest and size as `core.artifacts.digest.digest_path` would if they fell out of the writing, else None.
        """

    @abstractmethod
    def load(self, path: Path, expected: type | None) -> object:
        """Read back the value; `expected` is the class the reader's annotation asks for, None when it asks for none."""


class BytesMaterializer(Materializer):
    """Saves values as bytes held in memory: for small values, which then need no temporary file."""

    @abstractmethod
    def encode(self, value: object) -> bytes:
        """Return the value's bytes."""

    @abstractmethod
    def decode(self, data: bytes, expected: type | None) -> object:
        """Return the value that `encode` made the bytes of."""

    def save(self, value: object, path: Path) -> None:
        """Write the encoded value."""
        path.write_bytes(self.encode(value))

    def load(self, path: Path, expected: type | None) -> object:
        """Read and decode the value."""
        return self.decode(path.read_bytes(), expected)
