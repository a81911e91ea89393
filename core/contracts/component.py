"""What every flavor of every kind has in common: typed settings and config, and checks."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NoReturn, TypeVar

from ..dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from typing_extensions import dataclass_transform

    from ..spec import JSON
    from .service_connector import ServiceConnector
else:

    def dataclass_transform(**_: bool) -> Callable[[type], type]:  # typing_extensions costs more than this module
        return lambda cls: cls


class About:
    """What a field is for and which values it takes, in its `Annotated`; None passes where the type has it.

    `then` gets the value of the right type and returns the one to keep, or raises ValueError with the reason.
    """

    __slots__ = ("ge", "gt", "help", "then")

    def __init__(
        self,
        text: str = "",
        /,
        *,
        gt: float | None = None,
        ge: float | None = None,
        then: Callable[[Any], object] | None = None,
    ) -> None:
        self.help = text
        self.gt = gt
        self.ge = ge
        self.then = then


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Settings:
    """What a user may set per run and per step: fields are annotations, with a default unless they are required.

    Faults, unknown fields among them, are one DefinitionError. Values are checked by pydantic, which is not loaded for
    JSON and paths that plainly fit. A process that imports the user's file to run its steps takes them as they are:
    the client has checked the same code.
    """

    _given: tuple[str, ...]

    def __init__(self, **values: object) -> None:
        from ..sdk import options

        if options.importing_in_worker:
            self.hold(values)
            return
        from ..sdk.place import caller
        from ..validation import fill

        fill(self, values, subject=type(self).__name__, where=str(caller()))

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the fields, those of a base class first."""
        annotations: dict[str, object] = {}
        for base in reversed(cls.__mro__):
            annotations |= getattr(base, "__annotations__", {})
        return tuple(
            name
            for name, annotation in annotations.items()
            if not name.startswith("_") and not str(annotation).removeprefix("typing.").startswith("ClassVar")
        )

    def given(self) -> dict[str, object]:
        """Return the fields that were given, whether or not they differ from their defaults."""
        return {name: vars(self)[name] for name in self._given}

    def conflicts(self) -> Iterator[str]:
        """Yield what is wrong with the fields together, each of them being right."""
        yield from ()

    def hold(self, values: Mapping[str, object]) -> None:
        """Take the values of a new object as they are, defaults for the rest."""
        for name in self.field_names():
            if hasattr(type(self), name):
                default = getattr(type(self), name)
                vars(self)[name] = default.copy() if isinstance(default, (list, dict, set)) else default
        vars(self).update(values, _given=tuple(values))

    def _values(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_given"}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse."""
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another one")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse."""
        self.__setattr__(name, None)

    def __eq__(self, other: object) -> bool:
        """Compare classes and values; a field that was given its default equals one that was not given."""
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        """Hash the values; raises TypeError where one of them cannot be hashed."""
        return hash((type(self), frozenset(self._values().items())))

    def __repr__(self) -> str:
        """Show the fields that were given."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.given().items())})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic check fields and arguments of this class: objects of it, and mappings of its fields."""
        from ..validation import nested_schema

        return nested_schema(cls, handler)


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
    """One registered component: its flavor's class, holding the validated config of the registration.

    A flavor that says which resource type of a service connector it can use gets the connected one, None without.
    """

    flavor: ClassVar[str]
    config_class: ClassVar[type[Settings]] = NoSettings
    connector_resource: ClassVar[str | None] = None
    connector_required: ClassVar[bool] = False

    def __init__(self, name: str, config: ConfigT, *, connector: ServiceConnector[Settings] | None = None) -> None:
        self.name = name
        self.config = config
        self.connector = connector

    @classmethod
    def is_local(cls, config: Mapping[str, JSON]) -> bool:
        """Say whether only this machine can reach what a registration describes, given as it is stored."""
        del config
        return False

    def resource_id(self) -> str | None:
        """Return the resource that this component needs of a connector when none was chosen: its bucket, registry."""
        return None

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong, or worth knowing, before this component is used; may reach for the service."""
        yield from ()
