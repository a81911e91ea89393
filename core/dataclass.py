"""Dataclasses that are quick to make and to fill: the standard decorator took a third of the start of `podium run`.

Before Python 3.13 that compiles six methods of each class, one by one. Here only `__init__` is; the others are shared.
That a class is frozen is for type checkers to enforce: to do so at run time is most of what filling one takes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - this is what type checkers take it for
else:

    def dataclass(*, slots: bool, frozen: bool = False, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
        """Make a dataclass; `slots` is always on, and stands there for readers and type checkers."""
        assert slots

        def make(cls: type[T]) -> type[T]:
            cls.__doc__ = cls.__doc__ or cls.__name__  # or `dataclasses` would compose one, by way of `tokenize`
            made = dataclasses.dataclass(repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            for name, method in (("__repr__", _repr), ("__eq__", _eq), ("__hash__", _hash if frozen else None)):
                if name not in vars(made):
                    setattr(made, name, method)
            return made

        return make


def _repr(self: object) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)  # type: ignore[arg-type]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(_values(self)))


def _values(self: object) -> list[object]:
    return [getattr(self, name) for name in self.__dataclass_fields__]  # type: ignore[attr-defined]
