"""Verbs that take the fields of a flavor or connector as options beside their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .app import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer._click import Context

_PLAIN = "--config."
RESERVED = frozenset(
    {
        "--accept-new-host-keys",
        "--auth-method",
        "--auto-configure",
        "--connector",
        "--debug",
        "--description",
        "--expiration-seconds",
        "--expires-at",
        "--flavor",
        "--from-env",
        "--help",
        "--interactive",
        "--label",
        "--no-verify",
        "--output",
        "--private",
        "--remove",
        "--remove-keys",
        "--resource-id",
        "--resource-type",
        "--type",
        "--update",
        "--values",
    }
)
"""What one or another verb that takes fields has as an option of its own."""


class FieldCommand(Command):
    """A verb whose `ctx.args` are its fields, as `--name=value`, or `--name` where no value was given.

    What it declares itself is never a field, in either spelling (`--resource-id`, `--resource_id`), and
    `--config.name=value` always is one, so that no option of podium hides a field.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        options = {
            name: getattr(param, "is_flag", False)
            for param in self.get_params(ctx)
            for name in param.opts
            if name.startswith("-")
        }
        own, fields = _split(args, options)
        own.sort(key=lambda word: word in {"--help", "-h"})  # last, so that it can show what the others choose
        super().parse_args(ctx, own)
        ctx.args = fields
        return fields


def field_option(field: str) -> str:
    """Return the option that gives a field its value in every verb that takes fields."""
    return f"{_PLAIN}{field}" if _hyphened(f"--{field}") in RESERVED else f"--{field}"


def _split(args: list[str], options: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """Tell the words of a command's own options and arguments from its fields; `options` says which take no value."""
    own: list[str] = []
    fields: list[str] = []
    rest = args[::-1]
    while rest:
        word = rest.pop()
        if word == "--":
            own += [word, *reversed(rest)]
            break
        name, equals, text = word.partition("=")
        if _hyphened(name) in options:
            own.append(f"{_hyphened(name)}{equals}{text}")
            if not (equals or options[_hyphened(name)]) and rest:
                own.append(rest.pop())
        elif not word.startswith("--"):
            own.append(word)
        elif not equals and rest and not rest[-1].startswith("--") and rest[-1] not in options:
            fields.append(f"{name}={rest.pop()}")
        else:
            fields.append(word)
    return own, [f"--{field.removeprefix(_PLAIN)}" if field.startswith(_PLAIN) else field for field in fields]


def _hyphened(option: str) -> str:
    return option.replace("_", "-")
