"""How each noun of the command line is made: Typer, without what would slow a short command down.

Typer converts every parameter, even an unset one, through pydantic, whose import costs more than all the rest of
`podium stack list`. The classes below hand on a value that already has its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from typer._click import Context, Parameter


def noun(name: str | None, text: str) -> typer.Typer:
    """Return the app of one noun, to which verbs are added with `cls=Command`; without a name they stand alone."""
    return typer.Typer(name=name, cls=Group, help=text, rich_markup_mode=None, add_completion=False)


class Command(TyperCommand):
    """A verb."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return _unconverted(super().get_params(ctx))

    def get_short_help_str(self, limit: int = 45) -> str:
        """Leave out the example, for which lists of verbs have no room."""
        text, example, _ = (self.help or "").partition(", as in: ")
        return f"{text}." if example and len(text) < limit else super().get_short_help_str(limit)


class Group(TyperGroup):
    """A noun; without a verb it shows its help."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return _unconverted(super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])


class _Option(TyperOption):
    def process_value(self, ctx: Context, value: Any) -> Any:
        if not _has_its_type(self, value):
            return super().process_value(ctx, value)
        return self.callback(ctx, self, value) if self.callback else value


class _Argument(TyperArgument):
    def get_usage_pieces(self, ctx: Context) -> list[str]:
        del ctx
        name = self.metavar or str(self.name).upper()
        return [name if self.required or name.startswith("[") else f"[{name}]"]

    def process_value(self, ctx: Context, value: Any) -> Any:
        return value if _has_its_type(self, value) else super().process_value(ctx, value)


def _unconverted(params: list[Parameter]) -> list[Parameter]:
    for param in params:
        if type(param) is TyperOption:
            param.__class__ = _Option
        elif type(param) is TyperArgument:
            param.__class__ = _Argument
    return params


def _has_its_type(param: TyperOption | TyperArgument, value: object) -> bool:
    if value is None or value == ():
        return not param.required
    declared = getattr(param, "type_descriptor", None)  # a Typer without it converts by itself, without pydantic
    if declared is None:
        return False
    if isinstance(value, (list, tuple)):
        return declared.annotation == list[str] and all(type(item) is str for item in value)
    return type(value) is declared.annotation
