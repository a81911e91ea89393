"""What a user may be told about the fields of a config class."""

from __future__ import annotations

import re
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ..contracts.component import About
from ..dataclass import dataclass
from ..secrets.secret import Secret
from ..secrets.set_apart import secret_fields

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..spec import JSON


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field; `default` is None where it is required."""

    name: str
    type: str
    required: bool
    default: JSON
    secret: bool
    help: str


def fields_of(model: type[Settings]) -> list[FieldInfo]:
    """Return the fields of a config class in their order."""
    hints = get_type_hints(model, include_extras=True)
    secret = secret_fields(model)
    return [
        FieldInfo(
            name=name,
            type=_type(hints[name]),
            required=not hasattr(model, name),
            default=_plain(getattr(model, name, None)),
            secret=name in secret,
            help=_help(hints[name]),
        )
        for name in model.field_names()
    ]


def _type(annotation: Any) -> str:
    """Name what a field takes, leaving out None, bounds and modules."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in {Union, types.UnionType}:
        return " | ".join(_type(member) for member in arguments if member is not type(None))
    if origin is Literal:
        return " | ".join(str(value) for value in arguments)
    if annotation is Secret:
        return "str"
    if isinstance(annotation, type) and not arguments:
        return annotation.__name__
    return re.sub(r"\w+\.", "", str(annotation))


def _help(annotation: Any) -> str:
    found = [about.help for about in getattr(annotation, "__metadata__", ()) if isinstance(about, About)]
    return " ".join(found)


def _plain(default: Any) -> JSON:
    if isinstance(default, (list, tuple, set, frozenset)):
        return [_plain(item) for item in default]
    if isinstance(default, dict):
        return {str(key): _plain(value) for key, value in default.items()}
    return default if default is None or isinstance(default, (str, int, float, bool)) else str(default)
