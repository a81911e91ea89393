"""Turns what a user wrote into a validated model, or into one error that lists every fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from .contracts.component import Settings
from .errors import DefinitionError, PodiumError, UsageError
from .names import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SettingsT = TypeVar("SettingsT", bound=Settings)


def validated(model: type[SettingsT], values: Mapping[str, object], *, subject: str, where: str) -> SettingsT:
    """Return the model built from `values`; raise DefinitionError with every bad, unknown and missing field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise explained(error, model, subject=subject, where=where) from None


def explained(error: ValidationError, model: type[Settings], *, subject: str, where: str) -> DefinitionError:
    """Make podium's error of pydantic's; neither values nor pydantic's own text are shown: a value may be a secret."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return DefinitionError([_fault(detail, model, where) for detail in details], subject=subject)


def _fault(detail: ErrorDetails, model: type[Settings], where: str) -> PodiumError:
    name = ".".join(str(part) for part in detail["loc"])
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields) or "none"
        hint = did_you_mean(name, model.model_fields) or f"known fields: {known}"
        return UsageError(f"unknown field {name!r}", where=where, hint=hint)
    if detail["type"] == "missing":
        return UsageError(f"field {name!r} is required", where=where)
    return UsageError(f"field {name!r}: {reason}" if name else reason, where=where)
