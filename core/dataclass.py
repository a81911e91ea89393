"""Dataclasses that are quick to make and to fill: the standard decorator took a third of the start of `podium run`.

Before Python 3.13 that compiles six methods of each class, one by one. Here only `__init__` is, as assignments alone,
which take a third of the time of the standard one; the others are shared. That a class is frozen is for type checkers
to enforce: to do so at run time is most of what filling one takes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

T = TypeVar("T")
_UNSET = object()

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - this is what type checkers take it for
else:

    def dataclass(*, slots: bool, frozen: bool = False, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
        """Make a dataclass; `slots` is always on, and stands there for readers and type checkers."""
        assert slots

        def make(cls: type[T]) -> type[T]:
            cls.__doc__ = cls.__doc__ or cls.__name__  # or `dataclasses` would compose one, by way of `tokenize`
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            methods = {"__init__": _init(made), "__repr__": _repr, "__eq__": _eq, "__hash__": _hash if frozen else None}
            for name, method in methods.items():
                if name not in vars(made):
                    setattr(made, name, method)
            return made

        return make


def _init(cls: type) -> Callable[..., None]:
    """Compile `def __init__(self, a, b=DEFAULT_b, *, c): self.a = a; ...`; capitals are no field's."""
    parameters, keywords, body = ["self"], list[str](), list[str]()
    scope: dict[str, object] = {"UNSET": _UNSET}
    for field in dataclasses.fields(cls):
        name = value = field.name
        default = ""
        if field.default is not dataclasses.MISSING:
            scope[f"DEFAULT_{name}"], default = field.default, f"=DEFAULT_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            scope[f"MAKE_{name}"], default = field.default_factory, "=UNSET"
            value = f"MAKE_{name}() if {name} is UNSET else {name}"
        (keywords if field.kw_only else parameters).append(name + default)
        body.append(f"self.{name} = {value}")
    if keywords:
        parameters += ["*", *keywords]
    head = f"def __init__({', '.join(parameters)}):"
    exec("\n ".join([head, *body]), scope)  # noqa: S102 - made of the names of attributes
    init = cast("Callable[..., None]", scope["__init__"])
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    return init


def _repr(self: object) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)  # type: ignore[arg-type]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(_values(self)))


def _values(self: object) -> list[object]:
    return [getattr(self, name) for name in self.__dataclass_fields__]  # type: ignore[attr-defined]
