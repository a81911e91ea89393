"""How the fields of a config are shown: which option gives each, what it takes, and which are secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.components.fields import fields_of
from .field_command import field_option

if TYPE_CHECKING:
    from typer._click import HelpFormatter

    from ..core.contracts.component import Settings
    from ..core.spec import JSON


def field_rows(model: type[Settings]) -> list[dict[str, JSON]]:
    """Return a row for each field of a config class"""
    return [
        {
            "name": field.name,
            "option": field_option(field.name),
            "type": field.type,
            "required": field.required,
            "default": field.default,
            "secret": field.secret,
            "help": field.help,
        }
        for field in fields_of(model)
    ]


def write_fields(formatter: HelpFormatter, title: str, model: type[Settings]) -> None:
    """Add the fields of a config class to a help text."""
    rows = []
    for field in fields_of(model):
        marks = ["required"] if field.required else []
        marks += ["secret"] if field.secret else []
        marks += [f"default: {field.default}"] if field.default not in (None, "") else []
        text = f"{field.help}  [{'; '.join(marks)}]" if marks else field.help
        rows.append((f"{field_option(field.name)} {field.type}", text.strip()))
    with formatter.section(title):
        formatter.write_dl(rows or [("none", "This flavor has no fields.")])
