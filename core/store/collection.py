"""The objects of one folder of the store, a YAML file each, and the built-in ones that need no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..errors import ConflictError, NotFoundError, UsageError
from ..files import remove_file, replace_file
from ..names import check_name, did_you_mean

if TYPE_CHECKING:
    from ..spec import JSON
    from .document import Document

_SUFFIX = ".yaml"


class Record(Protocol):
    """What a collection keeps."""

    @property
    def name(self) -> str:
        """Name that no other record of the collection has, in any case."""

    def to_plain(self) -> dict[str, JSON]:
        """Return what the file holds."""


RecordT = TypeVar("RecordT", bound=Record)


class Collection(Generic[RecordT]):
    """Reading needs no lock, since files are replaced whole; `add` and `remove` are called under the store's lock."""

    def __init__(
        self,
        folder: Path,
        what: str,
        keys: tuple[str, ...],
        parse: Callable[[str, Document], RecordT],
        built_in: Mapping[str, RecordT],
    ) -> None:
        self.folder = folder
        self.what = what
        self.built_in = built_in
        self._keys = keys
        self._parse = parse

    def names(self) -> list[str]:
        """Return every name, sorted, the built-in ones among them."""
        return sorted({*self.built_in, *(path.stem for path in self.folder.glob(f"[!.]*{_SUFFIX}"))})

    def all(self) -> list[RecordT]:
        """Return every record, sorted by name."""
        records: list[RecordT] = []
        for name in self.names():
            with suppress(NotFoundError):  # deleted by another process since it was listed
                records.append(self.get(name))
        return records

    def get(self, name: str) -> RecordT:
        """Return the record of exactly this name; raise NotFoundError with the close ones."""
        built_in = self.built_in.get(name)
        if built_in is not None:
            return built_in
        path = self.path(check_name(name, self.what))
        if not path.exists():
            raise self.missing(name)
        from .document import read_document

        return self._parse(name, read_document(path, self._keys))

    def find(self, name: str) -> RecordT:
        """Return the record of this name, or the only one whose name starts so."""
        names = self.names()
        matches = [name] if name in names else [known for known in names if known.startswith(name)]
        if len(matches) > 1:
            raise UsageError(f"more than one {self.what} starts with {name!r}: {', '.join(matches)}")
        return self.get(matches[0] if matches else name)

    def add(self, record: RecordT) -> bool:
        """Store a new record and return True, or False when it was there already; raise ConflictError if it differs."""
        self._check_case(record.name)
        if record.name in self.names():
            self._check_same(record)
            return False
        self._write(record)
        return True

    def put(self, record: RecordT) -> bool:
        """Store a record, new or in place of the one of this name; return False when that was the same."""
        self.check_put(record)
        if record.name in self.built_in:
            return False
        if record.name in self.names() and self.get(record.name) == record:
            return False
        self._write(record)
        return True

    def check_put(self, record: RecordT) -> None:
        """Raise ConflictError when the record cannot be put: for its name, or for a built-in one."""
        self._check_case(record.name)
        if record.name in self.built_in:
            self._check_same(record)

    def remove(self, name: str) -> None:
        """Delete a record; raise ConflictError for a built-in one."""
        if name in self.built_in:
            raise ConflictError(f"{self.what} {name!r} is built in and cannot be deleted")
        path = self.path(check_name(name, self.what))
        if not path.exists():
            raise self.missing(name)
        remove_file(path)

    def path(self, name: str) -> Path:
        """Return where a record of this name has its file."""
        return self.folder / f"{name}{_SUFFIX}"

    def missing(self, name: str) -> NotFoundError:
        """Return the error for a name that does not exist."""
        hint = did_you_mean(name, self.names()) or f"podium {self.what} list"
        return NotFoundError(f"there is no {self.what} {name!r}", hint=hint)

    def conflict(self, name: str, different: Sequence[str]) -> ConflictError:
        """Return the error for a record that is there already and differs in some fields."""
        return ConflictError(
            f"{self.what} {name!r} is registered with other values: {', '.join(different)}",
            where=str(self.path(name)),
            hint=f"add --update, or choose another name; podium {self.what} describe {name}",
        )

    def _write(self, record: RecordT) -> None:
        from .document import dump_document

        replace_file(self.path(record.name), dump_document(record.to_plain()))

    def _check_case(self, name: str) -> None:
        check_name(name, self.what)
        for known in self.names():
            if known.lower() == name.lower() and known != name:
                raise ConflictError(
                    f"{self.what} {name!r} differs from {known!r} only in case", hint="choose another name"
                )

    def _check_same(self, record: RecordT) -> None:
        different = differences(self.get(record.name), record)
        if different and record.name in self.built_in:
            raise ConflictError(
                f"{self.what} {record.name!r} is built in and cannot be changed", hint="choose another name"
            )
        if different:
            raise self.conflict(record.name, different)


def differences(old: Record, new: Record) -> list[str]:
    """Return the fields in which two records differ, as `section.field`, sorted."""
    before, after = flat(old.to_plain()), flat(new.to_plain())
    return [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]


def flat(plain: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return each value by its section and field."""
    flat: dict[str, JSON] = {}
    for section, value in plain.items():
        fields = value if isinstance(value, dict) else {"": value}
        flat.update({f"{section}.{key}".rstrip("."): item for key, item in fields.items()})
    return flat
