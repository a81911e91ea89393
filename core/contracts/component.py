"""What every flavor of every kind has in common: typed settings and config, and checks."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Explaining
else:

    class _Explaining(type(BaseModel)):
        """Makes the faults of an object that the user constructs a DefinitionError at the user's line."""

        def __call__(cls, *args: object, **fields: object) -> object:
            try:
                return super().__call__(*args, **fields)
            except ValidationError as error:
                from ..sdk.place import caller
                from ..validation import explained

                raise explained(error, cls, subject=cls.__name__, where=str(caller())) from None


class Settings(BaseModel, metaclass=_Explaining):
    """What a user may set per run and per step; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoSettings(Settings):
    """Settings of a flavor that has none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check; a `fail` keeps the stack from running."""

    level: Literal["ok", "warn", "fail"]
    what: str
    hint: str | None = None


ConfigT = TypeVar("ConfigT", bound=Settings)


class Component(ABC, Generic[ConfigT]):
    """One registered component: its flavor's class, holding the validated config of the registration."""

    flavor: ClassVar[str]
    config_class: ClassVar[type[Settings]] = NoSettings

    def __init__(self, name: str, config: ConfigT) -> None:
        self.name = name
        self.config = config

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong, or worth knowing, before this component is used."""
        yield from ()
