"""Dataclasses, pydantic models and enums: the name of their class and plain state, and back."""

from __future__ import annotations

import sys
from enum import Enum
from functools import reduce
from importlib import import_module
from typing import Any, cast

from ..contracts.materializer import Unsuited
from ..errors import PodiumError, UsageError
from .registry import type_name


def class_state(value: Any) -> tuple[str, object]:
    """Return the class's name and the state that makes an equal value; raise Unsuited for any other kind of class."""
    cls: Any = type(value)
    name = type_name(cls)
    state: object
    if isinstance(value, Enum) and cls.__members__.get(value.name) is value:
        state = value.name
    elif _is_model(cls):
        held = value.__getstate__()
        state = {**held, "__dict__": {field: held["__dict__"][field] for field in cls.model_fields}}
    elif (fields := _dataclass_fields(cls)) is not None and cls.__new__ is object.__new__:
        if not all(hasattr(value, field) for field in fields) or set(getattr(value, "__dict__", ())) - set(fields):
            raise Unsuited(f"this {name} lacks a field, or has an attribute that is none")
        state = {field: getattr(value, field) for field in fields}
    else:
        raise Unsuited(f"{name} is neither a dataclass, nor a pydantic model, nor an enum")
    if not _is_found(cls, name):
        raise Unsuited(f"{name} is not found under its name")
    return name, state


def class_value(name: str, state: Any, expected: type | None, *, trust: bool) -> object:
    """Make the value that `class_state` took apart; no `__init__` and no validator runs.

    Its class is the one the reader expects if that has the recorded qualified name, else the recorded one, whose
    module is imported only with trust. Raises PodiumError when the class is gone or has other fields by now.
    """
    cls: Any = expected if expected and expected.__qualname__ == name.partition(":")[2] else _find(name, trust=trust)
    if isinstance(state, str) and issubclass(cls, Enum):
        if state not in cls.__members__:
            raise _changed(name, f"has no member {state}")
        return cls[state]
    if _is_model(cls):
        _check_fields(name, state["__dict__"], cls.model_fields)
        model = cls.__new__(cls)
        model.__setstate__(state)
        return model
    fields = _dataclass_fields(cls)
    if fields is None:
        raise _changed(name, "is no dataclass, pydantic model or enum")
    _check_fields(name, state, fields)
    made: object = object.__new__(cast("type", cls))
    for field, held in state.items():
        object.__setattr__(made, field, held)
    return made


def _dataclass_fields(cls: type) -> list[str] | None:
    """Return the names of the fields, None for what is no dataclass."""
    if not hasattr(cls, "__dataclass_fields__"):  # what `is_dataclass` asks, without importing it
        return None
    from dataclasses import fields

    return [field.name for field in fields(cls)]


def _is_model(cls: type) -> bool:
    if "pydantic" not in sys.modules:
        return False
    from pydantic import BaseModel

    return issubclass(cls, BaseModel)


def _is_found(cls: type, name: str) -> bool:
    try:
        return _find(name, trust=False) is cls
    except PodiumError:
        return False


def _find(name: str, *, trust: bool) -> type:
    module, _, qualname = name.partition(":")
    if module not in sys.modules and not trust:
        raise UsageError(f"the artifact holds a {name}, which is not loaded", hint=f"import {module} first")
    try:
        found = reduce(getattr, qualname.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise _changed(name, f"is not found: {error}") from error
    if not isinstance(found, type):
        raise _changed(name, "is no class")
    return found


def _check_fields(name: str, saved: dict[str, object], known: Any) -> None:
    if set(saved) != set(known):
        raise _changed(name, f"has the fields {', '.join(known)}, where {', '.join(saved)} were saved")


def _changed(name: str, how: str) -> PodiumError:
    return PodiumError(
        f"the class {name} is not the one that was saved: it {how}",
        hint="load it with the code that saved it, or run the step that makes it again",
    )
