"""Dataclasses that are quick to make and to fill, with what the standard ones offer as far as podium uses it.

The standard decorator compiles up to six methods of each class, and its module imports `inspect`: together an eighth of
what `podium run` takes before its first step. Here classes of the same shape share the code of one `__init__`, which is
assignments alone, and all share the other methods. That a class is frozen is for type checkers to enforce: to do so at
run time is most of what filling one takes. Functions of the standard module take these classes for their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, TypeVar

__all__ = ["asdict", "dataclass", "defaults", "field", "replace"]

T = TypeVar("T")
_MISSING = object()


class _Field:
    __slots__ = ("default", "make", "shown")

    def __init__(self, default: object, make: Callable[[], object] | None, *, shown: bool) -> None:
        self.default = default
        self.make = make
        self.shown = shown


class _StandardFields:
    """`__dataclass_fields__`, made when somebody asks: that imports the standard module."""

    def __get__(self, _: object, cls: type) -> Mapping[str, object]:
        import dataclasses

        specified = []
        for name, field in _fields(cls).items():
            default = dataclasses.MISSING if field.default is _MISSING else field.default
            make = field.make or dataclasses.MISSING
            standard = dataclasses.field(default=default, default_factory=make, repr=field.shown)  # type: ignore[call-overload]
            specified.append((name, cls.__annotations__.get(name, object), standard))
        made = dataclasses.make_dataclass(cls.__name__, specified, init=False, repr=False, eq=False)
        found: Mapping[str, object] = made.__dict__["__dataclass_fields__"]
        return found


if TYPE_CHECKING:
    # What type checkers take these for.
    from dataclasses import asdict, dataclass, field
else:

    def asdict(instance: object) -> dict[str, object]:
        """Return the fields, dataclasses among and in their values as dictionaries, too."""
        return {name: _plain(getattr(instance, name)) for name in _fields(type(instance))}

    def field(
        *,
        default: object = _MISSING,
        default_factory: Callable[[], object] | None = None,
        repr: bool = True,  # noqa: A002 - its name in the standard module
    ) -> _Field:
        """Say more of a field than its default."""
        return _Field(default, default_factory, shown=repr)

    def dataclass(
        *, slots: bool = False, frozen: bool = False, kw_only: bool = False, eq: bool = True
    ) -> Callable[[type[T]], type[T]]:
        """Make a class anew from its own annotations: no `super()` in its methods, which stay where it has them."""

        def make(cls: type[T]) -> type[T]:
            own = dict(vars(cls))
            fields = {name: _field(own.pop(name, _MISSING)) for name in cls.__annotations__}
            added = {
                "__podium_fields__": fields,
                "__dataclass_fields__": _STANDARD_FIELDS,
                "__match_args__": () if kw_only else tuple(fields),
                "__init__": _init(cls, fields, kw_only=kw_only),
                "__repr__": _repr,
            }
            if eq:
                added |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
            for name in ("__dict__", "__weakref__"):
                own.pop(name, None)
            if slots:
                added["__slots__"] = tuple(fields)
            return type(cls)(cls.__name__, cls.__bases__, {**added, **own, "__qualname__": cls.__qualname__})

        return make


_STANDARD_FIELDS = _StandardFields()


def replace(instance: T, **changes: object) -> T:
    """Return a copy with other values of some fields; raise TypeError for what is no field."""
    values = {name: getattr(instance, name) for name in _fields(type(instance))}
    return type(instance)(**{**values, **changes})


def defaults(cls: type) -> dict[str, object]:
    """Return the default of each field; for one that has none, an object that equals no other."""
    return {name: field.make() if field.make else field.default for name, field in _fields(cls).items()}


def _plain(value: object) -> object:
    if hasattr(value, "__podium_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _fields(cls: type) -> dict[str, _Field]:
    fields: dict[str, _Field] = cls.__podium_fields__  # type: ignore[attr-defined]
    return fields


def _field(given: object) -> _Field:
    return given if isinstance(given, _Field) else _Field(given, None, shown=True)


def _init(cls: type, fields: Mapping[str, _Field], *, kw_only: bool) -> FunctionType:
    """Make `def __init__(self, a, b=..., ...): self.a = a; ...` of the code that all classes of its shape share."""
    shape = "".join("m" if field.make else "." for field in fields.values())
    code = _compiled(shape, kw_only=kw_only)
    names = {f"field{number}": name for number, name in enumerate(fields)}
    code = code.replace(
        co_varnames=tuple(names.get(name, name) for name in code.co_varnames),
        co_names=tuple(names.get(name, name) for name in code.co_names),
    )
    scope: dict[str, object] = {f"make{number}": field.make for number, field in enumerate(fields.values())}
    scope |= {"MISSING": _MISSING, "__name__": cls.__module__}
    optional = {name: field.default for name, field in fields.items() if field.make or field.default is not _MISSING}
    if not kw_only and [*optional] != [*fields][len(fields) - len(optional) :]:
        raise TypeError(f"a field of {cls.__qualname__} without a default follows one that has one")
    init = FunctionType(code, scope, "__init__", None if kw_only else tuple(optional.values()))
    init.__kwdefaults__ = optional if kw_only else None
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


@cache
def _compiled(shape: str, *, kw_only: bool) -> CodeType:
    """Compile an `__init__` of fields `field0`, `field1`, ...; where the shape has an m, `make0()` is the default."""
    names = [f"field{number}" for number in range(len(shape))]
    parameters = ["self", *(["*"] if kw_only and names else []), *names]
    body = [
        f"self.{name} = make{number}() if {name} is MISSING else {name}" if kind == "m" else f"self.{name} = {name}"
        for number, (kind, name) in enumerate(zip(shape, names, strict=True))
    ]
    scope: dict[str, FunctionType] = {}
    exec(f"def __init__({', '.join(parameters)}): {'; '.join(body) or 'pass'}", scope)  # noqa: S102 - of numbers only
    return scope["__init__"].__code__


def _repr(self: object) -> str:
    shown = [name for name, field in _fields(type(self)).items() if field.shown]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(_values(self)))


def _values(self: object) -> list[object]:
    return [getattr(self, name) for name in _fields(type(self))]
