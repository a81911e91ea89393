"""Turns what a user wrote into settings, or into one error that lists every fault.

Pydantic checks the values, but for those that it would plainly leave as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from .contracts.component import About, Settings
from .errors import DefinitionError, UsageError
from .names import did_you_mean
from .sdk.parameters import ParameterType, is_plainly, json_copy

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema, ErrorDetails

    from .spec import JSON

SettingsT = TypeVar("SettingsT", bound=Settings)


class FieldError(UsageError):
    """A field is wrong, missing or unknown; `field` is the name of the outermost one."""

    def __init__(self, field: str, message: str, *, where: str, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.field = field


_ADAPTERS: dict[type[Settings], TypeAdapter[dict[str, object]]] = {}


def validated(model: type[SettingsT], values: Mapping[str, object], *, subject: str, where: str) -> SettingsT:
    """Return the settings made from `values`; raise DefinitionError with every bad, unknown and missing field."""
    settings = model.__new__(model)
    fill(settings, values, subject=subject, where=where)
    return settings


def fill(settings: Settings, values: Mapping[str, object], *, subject: str, where: str) -> None:
    """Give a new settings object its values; raise DefinitionError with every bad, unknown and missing field."""
    model = type(settings)
    if values or not all(hasattr(model, name) for name in model.field_names()):
        values = _checked(model, values, subject=subject, where=where)
    settings.hold(values)
    reasons = list(settings.conflicts())
    if reasons:
        raise DefinitionError([UsageError(reason, where=where) for reason in reasons], subject=subject)


def as_json(settings: Settings) -> dict[str, JSON]:
    """Return the fields that were given, as JSON."""
    given = settings.given()
    try:
        return {name: json_copy(str(value) if isinstance(value, Path) else value) for name, value in given.items()}
    except ValueError:
        plain: dict[str, JSON] = _adapter(type(settings)).dump_python(given, mode="json")
        return plain


def nested_schema(model: type[Settings], handler: GetCoreSchemaHandler) -> CoreSchema:
    """Return what lets pydantic check a value of this class inside another: an object, or a mapping of its fields."""
    from pydantic_core import core_schema

    def made(values: dict[str, object]) -> Settings:
        settings = model.__new__(model)
        settings.hold(values)
        reasons = "; ".join(settings.conflicts())
        if reasons:
            raise ValueError(reasons)
        return settings

    of_mapping = core_schema.no_info_after_validator_function(made, handler.generate_schema(_fields(model)))
    return core_schema.no_info_before_validator_function(
        lambda value: value.given() if isinstance(value, model) else value,
        of_mapping,
        serialization=core_schema.plain_serializer_function_ser_schema(as_json),
    )


def _checked(model: type[Settings], values: Mapping[str, object], *, subject: str, where: str) -> Mapping[str, object]:
    """Return the values as the fields have them; what is wrong is told without them: a value may be a secret."""
    plain = _plain(model, values)
    if plain is not None:
        return plain
    from pydantic import ValidationError

    try:
        return _adapter(model).validate_python(dict(values))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise DefinitionError([_fault(detail, model, where) for detail in details], subject=subject) from None


def _plain(model: type[Settings], values: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return what the fields plainly take, or None where pydantic has to look: its import takes longer than a run."""
    hints = get_type_hints(model, include_extras=True)
    if not all(name in values or hasattr(model, name) for name in model.field_names()):
        return None
    kept: dict[str, object] = {}
    for name, value in values.items():
        if name not in hints:
            return None
        try:
            kept[name] = _bounded(hints[name], _taken(hints[name], value))
        except ValueError:
            return None
    return kept


def _taken(annotation: Any, value: object) -> object:
    """Return a copy of what the annotation plainly takes, a path for its text; raise ValueError for all else."""
    if type(value) in ParameterType(annotation).scalars:
        return value
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if type(value) is str and bare in (Path, Path | None):
        return Path(value)
    if is_plainly(value, bare):
        return json_copy(value)
    raise ValueError


def _bounded(annotation: Any, value: Any) -> object:
    """Return the value as its field keeps it; raise ValueError for one out of bounds, and for an odd number."""
    types = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    if value is None:
        return None
    if isinstance(value, (int, float)) and float in (types[0], *get_args(types[0])):
        value = float(value)
        if not isfinite(value):
            raise ValueError
    for about in types[1:]:
        if not isinstance(about, About) or (about.gt is not None and value <= about.gt):
            raise ValueError
        if about.ge is not None and value < about.ge:
            raise ValueError
        value = about.then(value) if about.then else value
    return value


def _adapter(model: type[Settings]) -> TypeAdapter[dict[str, object]]:
    from pydantic import TypeAdapter

    adapter = _ADAPTERS.get(model)
    if adapter is None:
        adapter = _ADAPTERS[model] = TypeAdapter(_fields(model))
    return adapter


def _fields(model: type[Settings]) -> Any:
    """Return the class's fields as a TypedDict, which unlike a model keeps what was given apart from defaults."""
    from pydantic import ConfigDict, with_config
    from typing_extensions import Required, TypedDict

    hints = get_type_hints(model, include_extras=True)
    types = {name: _for_pydantic(hints[name]) for name in model.field_names()}
    fields = {name: found if hasattr(model, name) else Required[found] for name, found in types.items()}
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return with_config(config)(TypedDict(model.__name__, fields, total=False))  # type: ignore[operator]


def _for_pydantic(annotation: Any) -> Any:
    from pydantic import AfterValidator, Field

    if get_origin(annotation) is not Annotated:
        return annotation
    for about in annotation.__metadata__:
        if isinstance(about, About):
            annotation = Annotated[annotation, Field(gt=about.gt, ge=about.ge)]
            if about.then:
                annotation = Annotated[annotation, AfterValidator(partial(_unless_none, about.then))]
    return annotation


def _unless_none(then: Callable[[object], object], value: object) -> object:
    return None if value is None else then(value)


def _fault(detail: ErrorDetails, model: type[Settings], where: str) -> FieldError:
    name = ".".join(str(part) for part in detail["loc"])
    field = name.partition(".")[0]
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = ", ".join(model.field_names()) or "none"
        hint = did_you_mean(name, model.field_names()) or f"known fields: {known}"
        return FieldError(field, f"unknown field {name!r}", where=where, hint=hint)
    if detail["type"] == "missing":
        return FieldError(field, f"field {name!r} is required", where=where)
    return FieldError(field, f"field {name!r}: {reason}" if name else reason, where=where)
