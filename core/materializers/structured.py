"""JSON values, containers, dataclasses, models and enums, nested in any way, with exact types.

They are one JSON document, in which an object with a single key that starts with `$` stands for what JSON lacks. When
something in it has a file of its own (an array, a data frame), the artifact is a folder of that file and the document.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from ..artifacts.digest import digest_bytes, digest_folder
from ..artifacts.local import LocalFiles
from ..artifacts.record import ArtifactRecord
from ..artifacts.transfer import load_value, loader, save_with
from ..contracts.materializer import BytesMaterializer, Materializer, Unsuited
from ..errors import PodiumError
from .classes import class_state, class_value
from .registry import candidates, type_name

_DOCUMENT = "value.json"
_INLINE = 4096  # bytes; a member whose encoding is longer, or no text, gets a file of its own
_DECIMAL = 1 << 63  # Python limits the decimal integers it parses; larger ones are written in hex
_ATOMS = {bool, float, str, type(None)}
_TYPES = (type(None), bool, int, float, str, list, tuple, dict, set, frozenset, object)
_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MADE_BY: dict[str, Callable[[Any], object]] = {
    "$int": lambda text: int(text, 16),
    "$tuple": tuple,
    "$set": set,
    "$frozenset": frozenset,
    "$dict": dict,
}


class FolderMaterializer(Materializer):
    """Values with members that have files of their own."""

    types = _TYPES

    def save(self, value: object, path: Path) -> tuple[str, int]:
        """Write the document, and a file or folder for each such member."""
        path.mkdir()
        folder = LocalFiles(path)
        written: dict[str, tuple[str, int]] = {}

        def member(found: object) -> object:
            try:
                return _inline(found)
            except Unsuited:
                record = save_with(_own(type(found)), folder, str(len(written)), found)
            written[record.key] = (record.digest, record.size)
            return {"$file": record.to_json()}

        data = _document(value, member)
        folder.write(_DOCUMENT, data)
        written[_DOCUMENT] = (digest_bytes(data), len(data))
        digest = digest_folder({name: digest for name, (digest, _) in written.items()})
        return digest, sum(size for _, size in written.values())

    def load(self, path: Path, expected: type | None) -> object:
        """Read the document, and each member as its own materializer does."""
        return _value((path / _DOCUMENT).read_bytes(), expected, trust=self.trust, folder=path)


class JSONMaterializer(BytesMaterializer):
    """Values that are text all through: one JSON file."""

    types = _TYPES
    suffix = ".json"

    def encode(self, value: object) -> bytes:
        """Return JSON; raise Unsuited for a value with a member that needs a file."""
        return _document(value, _inline)

    def decode(self, data: bytes, expected: type | None) -> object:
        """Return the value with the types it had."""
        return _value(data, expected, trust=self.trust)


def _document(value: object, leaf: Callable[[object], object]) -> bytes:
    def member(found: object) -> object:
        if found is value:
            raise Unsuited(f"a {type_name(type(value))} has no members")
        return leaf(found)

    try:
        return _to_text(_tree(value, member)).encode("utf-8", "surrogatepass")
    except RecursionError as error:
        raise Unsuited("it is nested too deeply, or holds itself") from error


def _tree(value: Any, leaf: Callable[[object], object]) -> object:  # noqa: C901, PLR0911 - one return for each kind of value
    cls = type(value)
    if cls in _ATOMS:
        return value
    if cls is int:
        return value if -_DECIMAL <= value < _DECIMAL else {"$int": hex(value)}
    if cls is list:
        return value if _is_plain(value) else [_tree(member, leaf) for member in value]
    if cls is dict:
        if all(type(key) is str for key in value) and not (len(value) == 1 and next(iter(value)).startswith("$")):
            return {key: _tree(member, leaf) for key, member in value.items()}
        return {"$dict": [[_tree(key, leaf), _tree(member, leaf)] for key, member in value.items()]}
    if cls is tuple:
        return {"$tuple": [_tree(member, leaf) for member in value]}
    if cls is set or cls is frozenset:
        return {f"${cls.__name__}": sorted((_tree(member, leaf) for member in value), key=_to_text)}
    own = _own(cls)
    if own and candidates(cls)[0] is own[0]:
        return leaf(value)
    try:
        name, state = class_state(value)
    except Unsuited:
        if not own:
            raise
        return leaf(value)
    return {"$class": [name, _tree(state, leaf)]}


def _own(cls: type) -> list[type[Materializer]]:
    """Return the materializers for a member of a class beside these two.

    Not the last resort: objects that share others keep that only if the whole value is one pickle.
    """
    shared = (JSONMaterializer, FolderMaterializer)
    return [known for known in candidates(cls) if not (known in shared or known.last_resort)]


def _is_plain(members: list[Any]) -> bool:
    """Say whether the JSON encoder alone keeps a list exact: long lists of numbers are not walked in Python."""
    kinds = set(map(type, members))
    return kinds <= _ATOMS or (kinds == {int} and min(members) >= -_DECIMAL and max(members) < _DECIMAL)


def _inline(value: object) -> object:
    cls = next(iter(_own(type(value))), None)
    if cls and issubclass(cls, BytesMaterializer):
        data = cls().encode(value)
        if len(data) <= _INLINE and data.isascii():
            return {"$value": [cls.__name__, data.decode()]}
    raise Unsuited(f"it holds a {type_name(type(value))}")


def _value(data: bytes, expected: type | None, *, trust: bool, folder: Path | None = None) -> object:
    def restored(node: dict[str, Any]) -> object:
        tag = next(iter(node)) if len(node) == 1 else ""
        if not tag.startswith("$"):
            return node
        held = node[tag]
        if tag in _MADE_BY:
            return _MADE_BY[tag](held)
        if tag == "$class":
            name, state = held
            return class_value(name, state, expected, trust=trust)
        if tag == "$value":
            name, encoded = held
            return cast("BytesMaterializer", loader(name, trust=trust)).decode(encoded.encode(), None)
        if tag == "$file" and folder:
            return load_value(LocalFiles(folder), ArtifactRecord.from_json(held), trust=trust)
        raise PodiumError(f"this podium does not know what {tag} marks", hint="install a newer podium")

    text = data.decode("utf-8", "surrogatepass")
    return json.loads(text, object_hook=restored) if '"$' in text else json.loads(text)
