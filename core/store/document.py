"""YAML files of the configuration: JSON values only, every fault with its file and line, newer formats refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import AccessError, NotFoundError, PodiumError, UsageError
from ..names import did_you_mean
from .plain_yaml import Lines, file_fault, parse, place, to_yaml

if TYPE_CHECKING:
    from ..spec import JSON

FORMAT = 1
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping in a file, `at` being the keys that lead to it, and the lines of the file's keys."""

    path: Path
    values: Mapping[str, JSON]
    lines: Lines
    at: tuple[str, ...] = ()

    def fault(self, message: str, *keys: str, hint: str | None = None) -> PodiumError:
        """Return the error that says what is wrong with a key of the mapping, or of one inside it."""
        return file_fault(self.path, message, self._line((*self.at, *keys)), hint)

    def place(self, *keys: str) -> str:
        """Return the file and the line of a key, as errors name them."""
        return place(self.path, self._line((*self.at, *keys)))

    def within(self, key: str) -> Document:
        """Return the mapping below a key, empty when absent."""
        return Document(self.path, self.mapping(key), self.lines, (*self.at, key))

    def unknown(self, keys: Sequence[str]) -> Iterator[PodiumError]:
        """Yield a fault for each key that is none of `keys`."""
        for key in self.values:
            if key not in keys:
                yield self.fault(f"unknown key {key!r}, known: {', '.join(keys)}", key, hint=did_you_mean(key, keys))

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

    def optional_time(self, key: str) -> str | None:
        """Return an ISO 8601 time as it is written, None when absent."""
        text = self.optional_text(key)
        if text is not None:
            from ..expiry import read_time

            try:
                read_time(text)
            except UsageError as error:
                raise self.fault(f"{key!r}: {error.message}", key, hint=error.hint) from None
        return text

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

    def _line(self, keys: tuple[str, ...]) -> int:
        """Return the line of a key, of the nearest one that leads to it where it is absent."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_document(path: Path, keys: tuple[str, ...]) -> Document:
    """Read a file whose mapping may have `keys` and `format`; raise NotFoundError when there is none.

    Any other fault of the file is a PodiumError that names the file and the line.
    """
    document = parse_document(path, read_bytes(path))
    for fault in document.unknown(("format", *keys)):
        raise fault
    return document


def parse_document(path: Path, data: bytes) -> Document:
    """Return the mapping of a file that holds `data`; raise PodiumError naming the line that is wrong."""
    document = Document(path, *parse(path, _decoded(path, data)))
    found = document.values.get("format", FORMAT)
    if not isinstance(found, int) or isinstance(found, bool):
        raise document.fault("'format' must be a number", "format")
    if found > FORMAT:
        raise PodiumError(
            f"this file has format {found}, this podium reads up to {FORMAT}",
            where=str(path),
            hint="install a newer podium: pip install --upgrade podium",
        )
    return document


def dump_document(values: Mapping[str, JSON]) -> bytes:
    """Encode a mapping as YAML with the current format number first; reading it back gives an equal mapping."""
    return to_yaml({"format": FORMAT, **values}).encode()


def read_bytes(path: Path) -> bytes:
    """Return what a file holds; raise NotFoundError when there is none, AccessError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise AccessError(f"cannot read this file: {error.strerror}", where=str(path)) from error


def _decoded(path: Path, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise PodiumError(f"this file is larger than {MAX_BYTES // 1024} KiB", where=str(path))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise file_fault(path, "not valid UTF-8", data.count(b"\n", 0, error.start) + 1) from error
