"""What a step and a pipeline have in common: a function with options."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, ClassVar, Generic, ParamSpec, TypeVar, cast

from ..errors import UsageError
from .configuration import Configuration
from .place import caller, calling_frame, written
from .uncaught import show_as_text

if TYPE_CHECKING:
    from .signature import Signature

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

NO_OPTIONS = Configuration({})

show_as_text()  # so early because a wrong option of a decorator is found before anything is called


class Definition(Generic[P, R_co]):
    """A decorated function, `entrypoint`, whose name and docstring it keeps; raises UsageError for anything else."""

    kind: ClassVar[str]

    def __init__(self, entrypoint: Callable[P, R_co], configuration: Configuration = NO_OPTIONS) -> None:
        if written(entrypoint) is None:
            raise UsageError(f"@{self.kind} takes a function, not {entrypoint!r}", where=str(caller()))
        update_wrapper(cast("Callable[P, R_co]", self), entrypoint)
        self.entrypoint = entrypoint
        self.configuration = configuration
        self._signature: Signature | None = None
        if "<locals>" in entrypoint.__qualname__ and any(isinstance(a, str) for a in self.__annotations__.values()):
            from .signature import signature_of

            self._signature = signature_of(entrypoint, calling_frame().f_locals)

    def __repr__(self) -> str:
        """Say what it is, by name."""
        return f"<{self.kind} {self.name!r}>"

    @property
    def name(self) -> str:
        """The `name` option, else the function's name."""
        return str(self.configuration.options.get("name", self.entrypoint.__name__))

    @property
    def source(self) -> str:
        """The function as `module:qualname`, importable with the source root on the path; no module without a file."""
        from .source import source_of

        return source_of(self.entrypoint)

    @property
    def signature(self) -> Signature:
        """Arguments and outputs, read on first use."""
        if self._signature is None:
            from .signature import signature_of

            self._signature = signature_of(self.entrypoint, {})
        return self._signature
