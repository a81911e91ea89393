"""Dataclasses that are quick to make: the standard decorator took a third of the start of `podium run`.

Before Python 3.13 that compiles six methods of each class, one by one. Here only `__init__` is; the others are shared.
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
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            made.__init__ = _initializer(made)
            for name, method in {**_SHARED, **(_FROZEN if frozen else _MUTABLE)}.items():
                if name not in vars(made):
                    setattr(made, name, method)
            return made

        return make


def _initializer(cls: type[T]) -> object:
    """Compile `__init__`, which sets each field through its slot, past the `__setattr__` that refuses."""
    names: dict[str, object] = {"unset": dataclasses.MISSING}
    parameters, body = ["self"], []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = field.name
        names[f"set_{name}"] = vars(cls)[name].__set__
        value = name
        parameter = name
        if field.default_factory is not dataclasses.MISSING:
            names[f"make_{name}"] = field.default_factory
            parameter = f"{name}=unset"
            value = f"make_{name}() if {name} is unset else {name}"
        elif field.default is not dataclasses.MISSING:
            names[f"default_{name}"] = field.default
            parameter = f"{name}=default_{name}"
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        parameters.append(parameter)
        body.append(f" set_{name}(self, {value})")
    exec("\n".join((f"def __init__({', '.join(parameters)}):", *body)), names)  # noqa: S102 - as dataclasses does
    return names["__init__"]


def _values(self: object) -> list[object]:
    return [getattr(self, name) for name in self.__dataclass_fields__]  # type: ignore[attr-defined]


def _repr(self: object) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)  # type: ignore[arg-type]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(_values(self)))


def _setattr(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _setstate(self: object, values: list[object]) -> None:
    for name, value in zip(self.__dataclass_fields__, values, strict=True):  # type: ignore[attr-defined]
        object.__setattr__(self, name, value)


_SHARED = {"__repr__": _repr, "__eq__": _eq}
_MUTABLE = {"__hash__": None}
_FROZEN = {
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _values,
    "__setstate__": _setstate,
}
