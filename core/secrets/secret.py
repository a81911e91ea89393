"""A text that shows itself only where it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .references import is_reference

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MASK = "********"


class Secret:
    """The type of a secret field: a masked text that cannot be pickled, formatted or written as JSON by accident.

    Before it is resolved it may hold a `{{name.key}}` reference, which is no secret and is shown as it is.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __str__(self) -> str:
        """Return the mask, or a reference as it is."""
        return self._text if is_reference(self._text) else MASK

    def __repr__(self) -> str:
        """Return the mask, or a reference as it is."""
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash the text."""
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        """Refuse: pickles travel to files and other machines."""
        raise TypeError("a Secret is not pickled: pass on a reference to it, or reveal it where it is used")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take a text or a Secret; JSON gets what `str` gives."""
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(
            lambda value: cls(value) if isinstance(value, str) else value,
            core_schema.is_instance_schema(cls, cls_repr="text"),
            serialization=core_schema.to_string_ser_schema(),
        )
