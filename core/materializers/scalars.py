"""Moments, durations, UUIDs and exact numbers, as the text that Python itself writes for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..contracts.materializer import BytesMaterializer, Unsuited
from .registry import type_name

_Texts = tuple[Callable[[Any], str], Callable[[Any, str], object]]


class ScalarMaterializer(BytesMaterializer):
    """Values of the standard library that are one short text; the text begins with the type's name."""

    suffix = ".txt"

    def encode(self, value: object) -> bytes:
        """Return the text; raise Unsuited for a subclass, or a time zone that no name and no offset describes."""
        cls = type(value)
        name = type_name(cls)
        if name not in _TEXTS:
            raise Unsuited(f"{name} is a subclass of a type it cannot stand for")
        to_text, from_text = _TEXTS[name]
        text = to_text(value)
        if repr(from_text(cls, text)) != repr(value):
            raise Unsuited(f"{value!r} has a part that its text {text} lacks")
        return f"{name} {text}".encode()

    def decode(self, data: bytes, expected: type | None) -> object:  # noqa: ARG002 - the text names its type
        """Return the value with the type it had."""
        name, _, text = data.decode().partition(" ")
        module, _, cls = name.partition(":")
        return _TEXTS[name][1](getattr(import_module(module), cls), text)


def _moment_to_text(value: Any) -> str:
    zone = getattr(value.tzinfo, "key", "")
    return f"{value.replace(fold=0, tzinfo=None if zone else value.tzinfo).isoformat()} {value.fold} {zone}"


def _moment_from_text(cls: Any, text: str) -> object:
    iso, fold, zone = text.split(" ")
    moment = cls.fromisoformat(iso).replace(fold=int(fold))
    if not zone:
        return moment
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=ZoneInfo(zone))


def _called(cls: Any, text: str) -> object:
    return cls(text)


_TEXTS: dict[str, _Texts] = {
    "datetime:datetime": (_moment_to_text, _moment_from_text),
    "datetime:time": (_moment_to_text, _moment_from_text),
    "datetime:date": (str, lambda cls, text: cls.fromisoformat(text)),
    "datetime:timedelta": (
        lambda value: f"{value.days} {value.seconds} {value.microseconds}",
        lambda cls, text: cls(*map(int, text.split(" "))),
    ),
    "uuid:UUID": (str, _called),
    "decimal:Decimal": (str, _called),
    "fractions:Fraction": (str, _called),
    "builtins:complex": (repr, _called),
}
ScalarMaterializer.types = tuple(_TEXTS)
