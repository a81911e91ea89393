"""YAML files of the configuration: JSON values only, every fault with its file and line, newer formats refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AccessError, NotFoundError, PodiumError
from .plain_yaml import file_fault, parse, to_yaml

if TYPE_CHECKING:
    from ..spec import JSON

FORMAT = 1
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """The mapping that a file holds, and the line on which each of its keys stands."""

    path: Path
    values: Mapping[str, JSON]
    lines: Mapping[str, int]

    def fault(self, message: str, key: str) -> PodiumError:
        """Return the error that says what is wrong with one key."""
        return file_fault(self.path, message, self.lines.get(key, 1))

    def text(self, key: str) -> str:
        """Return a required string."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.fault(f"{key!r} must be a non-empty string", key)
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a non-empty string, None when absent."""
        return None if self.values.get(key) is None else self.text(key)

    def optional_number(self, key: str) -> int | None:
        """Return a whole number, None when absent."""
        value = self.values.get(key)
        if value is not None and type(value) is not int:
            raise self.fault(f"{key!r} must be a whole number", key)
        return value

    def mapping(self, key: str) -> dict[str, JSON]:
        """Return an optional mapping, empty when absent."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(f"{key!r} must be a mapping", key)
        return value

    def texts(self, key: str) -> dict[str, str]:
        """Return an optional mapping of strings to strings, empty when absent."""
        texts = {name: value for name, value in self.mapping(key).items() if isinstance(value, str)}
        if texts != self.mapping(key):
            raise self.fault(f"{key!r} must map names to strings", key)
        return texts


def read_document(path: Path, keys: tuple[str, ...]) -> Document:
    """Read a file whose mapping may have `keys` and `format`; raise NotFoundError when there is none.

    Any other fault of the file is a PodiumError that names the file and the line.
    """
    text = _read_text(path)
    values, lines = parse(path, text)
    document = Document(path, values, lines)
    found = values.get("format", FORMAT)
    if not isinstance(found, int) or isinstance(found, bool):
        raise document.fault("'format' must be a number", "format")
    if found > FORMAT:
        raise PodiumError(
            f"this file has format {found}, this podium reads up to {FORMAT}",
            where=str(path),
            hint="install a newer podium: pip install --upgrade podium",
        )
    for key in values:
        if key not in keys and key != "format":
            raise document.fault(f"unknown key {key!r}, known: {', '.join(keys)}", key)
    return document


def dump_document(values: Mapping[str, JSON]) -> bytes:
    """Encode a mapping as YAML with the current format number first; reading it back gives an equal mapping."""
    return to_yaml({"format": FORMAT, **values}).encode()


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise AccessError(f"cannot read this file: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_BYTES:
        raise PodiumError(f"this file is larger than {MAX_BYTES // 1024} KiB", where=str(path))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise file_fault(path, "not valid UTF-8", data.count(b"\n", 0, error.start) + 1) from error
