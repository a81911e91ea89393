"""What a shell may offer for the word at the cursor: commands, options and, from files of the store, names."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ...core.dataclass import dataclass, field

if TYPE_CHECKING:
    from typer._click import Command, Parameter


def main(words: Sequence[str]) -> int:
    """Print one candidate a line for the last of the words behind `podium`; nothing at all when anything fails."""
    with suppress(Exception):  # a shell that waits for Tab has no place for an error
        for candidate in complete(words):
            if shlex.quote(candidate) == candidate:
                sys.stdout.write(f"{candidate}\n")
    return 0


def complete(words: Sequence[str]) -> list[str]:
    """Return what the last word, which may be empty, can become; bash hands `--stack=dev` over as three words."""
    *before, last = words
    before = [word for word in before if word not in {"=", "--debug"}]
    last = "" if last == "=" else last.strip()
    option, equals, text = last.partition("=") if last.startswith("-") else ("", "", last)
    if equals:
        return [f"{option}={value}" for value in complete([*before, option, text])]
    return sorted({candidate for candidate in _candidates(before, last) if candidate.startswith(last)})


def _candidates(before: Sequence[str], last: str) -> Iterable[str]:
    from ..main import COMMANDS
    from .values import values

    if not before:
        return ("--debug", "--help", "--version") if last.startswith("-") else COMMANDS
    place = _place(before)
    if place.option is not None:
        return values(place.path, place.option)
    if last.startswith("-"):
        return ["--help", *(name for param in place.params for name in param.opts if name.startswith("--"))]
    commands: Mapping[str, Command] = getattr(place.command, "commands", {})
    if commands:
        return (name for name, verb in commands.items() if not verb.hidden)
    arguments = [param for param in place.params if param.param_type_name == "argument"]
    repeated = [param for param in arguments if param.nargs == -1]
    wanted = arguments[place.given : place.given + 1] or repeated
    return (value for param in wanted for value in values(place.path, param))


@dataclass(slots=True)
class _Place:
    """Where the cursor is: behind a command, an option that takes a value, and some arguments."""

    path: list[str] = field(default_factory=list)
    command: Command | None = None
    option: Parameter | None = None
    given: int = 0

    @property
    def params(self) -> Sequence[Parameter]:
        return self.command.params if self.command else ()


def _place(before: Sequence[str]) -> _Place:
    from typer.main import get_command

    from ..build import build
    from ..main import COMMANDS

    place = _Place(command=get_command(build([before[0]] if before[0] in COMMANDS else [])))
    for word in before:
        commands = getattr(place.command, "commands", None)
        if place.option is not None:
            place.option = None
        elif word.startswith("-"):
            place.option = next((param for param in place.params if word in param.opts and not _is_flag(param)), None)
        elif commands is not None:
            place.path.append(word)
            place.command = commands.get(word)
        else:
            place.given += 1
    return place


def _is_flag(param: Parameter) -> bool:
    return bool(getattr(param, "is_flag", False))
