"""JSON values given to steps and pipelines: checked against annotations, and turned back into what was given."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeGuard, TypeVar, Union, cast, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

    from ..spec import JSON

_NONE = type(None)
_ACCEPTED: dict[object, frozenset[type]] = {
    bool: frozenset({bool}),
    int: frozenset({int, bool}),
    float: frozenset({float, int, bool}),
    str: frozenset({str}),
    _NONE: frozenset({_NONE}),
    None: frozenset({_NONE}),
}
"""Classes whose instances a scalar annotation takes as they are."""
_PLAIN = {bool, int, float, str}

_SPELLED = {"True": True, "False": False, "None": None}


class ParameterType:
    """The annotation of one argument. `anything` is true without an annotation; `scalars` are classes that it takes.

    Pydantic is asked where neither these nor JSON that plainly fits will do.
    """

    __slots__ = ("_adapter", "annotation", "anything", "scalars")

    def __init__(self, annotation: object) -> None:
        self.annotation = annotation
        bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
        self.anything = bare in (Any, object) or isinstance(bare, TypeVar)
        self.scalars = _scalars(bare)
        self._adapter: TypeAdapter[object] | None = None

    def encode(self, value: object) -> JSON:
        """Return the value as JSON; raise ValueError, with the reason, when annotation or JSON do not allow it."""
        if self.anything:
            return json_copy(value)
        if self.scalars:
            if not any(isinstance(value, scalar) for scalar in self.scalars):
                raise ValueError(f"is {_shown(value)}, not {describe(self.annotation)}")
            return json_copy(value)
        if value is None and _NONE in get_args(self.annotation):
            return None
        if is_plainly(value, self.annotation):
            return json_copy(value)
        return json_copy([*value]) if self._is_tuple(value) else self._encode_structure(value)

    def decode(self, plain: JSON) -> object:
        """Return what `encode` was given; raise ValueError for JSON that the annotation does not take."""
        if type(plain) in self.scalars or (plain is None and _NONE in get_args(self.annotation)):
            return plain
        if self.scalars:
            raise ValueError(f"is {_shown(plain)}, not {describe(self.annotation)}")
        text = json.dumps(plain)  # a copy: a step may change what it is given, and be tried again
        if self.anything or is_plainly(plain, self.annotation):
            return json.loads(text)
        return tuple(json.loads(text)) if self._is_tuple(plain, list) else self.adapter.validate_json(text)

    def parse(self, text: str) -> object:
        """Return what a text typed on the command line means: JSON where the annotation takes that, else text."""
        if self.annotation is str:
            return text
        try:
            value = _SPELLED[text] if text in _SPELLED else json.loads(text)
            self.encode(value)
        except ValueError:
            return text
        return value

    @property
    def adapter(self) -> TypeAdapter[object]:
        """Pydantic's validator; raises ValueError for an annotation that pydantic cannot check."""
        if self._adapter is None:
            from pydantic import TypeAdapter
            from pydantic.errors import PydanticUserError

            try:
                self._adapter = TypeAdapter(cast("type[object]", self.annotation))
            except PydanticUserError:
                raise ValueError(f"cannot be stored as JSON, as {describe(self.annotation)} cannot") from None
        return self._adapter

    def _is_tuple(self, value: object, cls: type = tuple) -> TypeGuard[Sequence[object]]:
        """Say whether the items of an object of exactly that class plainly are those of a tuple of the annotation."""
        if type(value) is not cls or get_origin(self.annotation) is not tuple:
            return False
        items, parts = cast("Sequence[object]", value), get_args(self.annotation)
        parts = parts[:1] * len(items) if parts[-1:] == (...,) else parts
        return len(parts) == len(items) and all(map(is_plainly, items, parts))

    def _encode_structure(self, value: object) -> JSON:
        from pydantic import ValidationError

        adapter = self.adapter
        try:
            checked = adapter.validate_python(value)
        except ValidationError as error:
            raise ValueError(f"is {_shown(value)}, not {describe(self.annotation)}{_reasons(error)}") from None
        try:
            data = adapter.dump_json(checked, round_trip=True)
            same = bool(adapter.validate_json(data) == checked)
        except Exception as error:  # noqa: BLE001 - serializers and __eq__ are the user's code
            raise ValueError(f"cannot be stored as JSON: {error}") from None
        if not same:
            raise ValueError("would not come back the same from JSON")
        plain: JSON = json.loads(data)
        return plain


def describe(annotation: object) -> str:
    """Name an annotation as the user wrote it."""
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)


def is_json(value: object) -> bool:
    """Say whether a value is plain JSON, which comes back as it was."""
    try:
        json_copy(value)
    except ValueError:
        return False
    return True


def _scalars(annotation: object) -> frozenset[type]:
    parts = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    if not all(isinstance(part, type) and part in _ACCEPTED for part in parts):
        return frozenset()
    return frozenset[type]().union(*(_ACCEPTED[part] for part in parts))


def is_plainly(value: object, annotation: object) -> bool:
    """Say whether pydantic would leave JSON, or what is to become it, as it is: its import takes longer than a run."""
    origin, parts = get_origin(annotation) or annotation, get_args(annotation)
    if annotation in (Any, object):
        return True
    if origin in (Union, types.UnionType):
        return any(is_plainly(value, part) for part in parts)
    if type(value) is list and origin in (list, Sequence):
        return all(is_plainly(item, *(parts or (Any,))) for item in value)
    if type(value) is dict and origin in (dict, Mapping):
        of_keys, of_values = parts or (Any, Any)
        return of_keys in (str, Any) and all(
            type(k) is str and is_plainly(item, of_values) for k, item in value.items()
        )
    if origin is Literal:
        return type(value) in _PLAIN and any(type(value) is type(part) and value == part for part in parts)
    finite = type(value) is not float or isfinite(value)
    return annotation in (None, _NONE) if value is None else type(value) in _PLAIN and type(value) is origin and finite


def json_copy(value: object) -> JSON:
    """Return JSON that equals the value; raise ValueError, with the reason, where there is none."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"is {value}, which JSON cannot hold")
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
        plain: JSON = json.loads(text)
        same = bool(plain == value)
    except UnicodeEncodeError:
        raise ValueError(f"is {_shown(value)}, with text that UTF-8 cannot hold") from None
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"is {_shown(value)}, which is not JSON") from None
    if not same:
        raise ValueError(f"is {_shown(value)}, which would not come back the same from JSON")
    return plain


def _shown(value: object) -> str:
    text = repr(value)
    kind = type(value).__qualname__
    return f"{kind} {text}" if len(text) <= 40 and text != kind else kind


def _reasons(error: ValidationError) -> str:
    found = [
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" if fault["loc"] else fault["msg"]
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return f" ({'; '.join(found[:3])})"
