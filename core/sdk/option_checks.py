"""What the value of each option may be, for options that pydantic does not check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from os import PathLike
from typing import TYPE_CHECKING

from ..errors import PodiumError, UsageError
from ..names import check_name, did_you_mean
from ..spec import EXECUTION_MODES
from .parameters import is_json

if TYPE_CHECKING:
    from .configuration import Configuration
    from .definition import Definition

_HOOK = re.compile(r"[\w.-]+:[\w.]+\Z")


def _is_text_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(part, str) for entry in value.items() for part in entry)


def _is_texts(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in value)


def _is_seconds(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and value > 0


def _is_hook(value: object) -> bool:
    return callable(value) or (isinstance(value, str) and _HOOK.match(value) is not None)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "name": (lambda value: isinstance(value, str), "text"),
    "run_name": (lambda value: isinstance(value, str), "text"),
    "enable_cache": (lambda value: isinstance(value, bool), "True or False"),
    "timeout": (_is_seconds, "a number of seconds above 0"),
    "environment": (_is_text_mapping, "a dict of text to text"),
    "substitutions": (_is_text_mapping, "a dict of text to text"),
    "secrets": (_is_texts, "a list of names"),
    "tags": (_is_texts, "a list of text"),
    "extra": (lambda value: _is_mapping(value) and is_json(value), "a dict of JSON values"),
    "on_failure": (_is_hook, "a function or 'module:function'"),
    "on_success": (_is_hook, "a function or 'module:function'"),
    "execution_mode": (lambda value: value in EXECUTION_MODES, f"one of {', '.join(EXECUTION_MODES)}"),
    "parameters": (_is_mapping, "a mapping of names to values"),
    "settings": (_is_mapping, "a dict from settings keys to settings"),
    "config_path": (lambda value: isinstance(value, (str, PathLike)), "a path"),
}


def option_faults(configuration: Configuration, subject: str, where: str) -> dict[str, PodiumError]:
    """Return a fault for every option whose value cannot be what the option wants."""
    faults: dict[str, PodiumError] = {}
    values = [*configuration.options.items(), *(("settings", layer) for layer in configuration.settings)]
    for option, value in values:
        check, expected = _CHECKS.get(option, (None, ""))
        if check is not None and not check(value):
            close = (
                did_you_mean(value, EXECUTION_MODES) if option == "execution_mode" and isinstance(value, str) else None
            )
            problem = f"{subject}: {option} must be {expected}, not {value!r}"
            faults[option] = UsageError(problem, where=where, hint=close)
    return faults


def name_faults(definition: Definition[..., object], where: str) -> Iterator[PodiumError]:
    """Yield a fault when the name of a step or pipeline, given or taken from the function, is not valid."""
    try:
        check_name(definition.name, definition.kind)
    except UsageError as error:
        yield UsageError(error.message, where=where, hint=error.hint)
