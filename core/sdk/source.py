"""The name under which a function is imported anywhere: its file's place below the source root, never `__main__`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from ..errors import UsageError
from .place import written

_MAIN = ("__main__", "__mp_main__")
_INIT = "__init__"


@lru_cache(maxsize=256)
def source_root(file: Path) -> Path:
    """Return the nearest folder above a file that holds `.podium/`, else the file's own folder."""
    folders = file.absolute().parents
    return next((folder for folder in folders if (folder / ".podium").is_dir()), folders[0])


def module_name(file: Path, root: Path) -> str:
    """Return the name by which a file is imported with `root` on the path; UsageError when no name can reach it."""
    path = file.absolute()
    if not path.is_relative_to(root):
        path, root = path.resolve(), root.resolve()
    parts = path.relative_to(root).with_suffix("").parts
    if any("." in part for part in parts):
        raise UsageError(
            f"{path.name} cannot be imported: there is a dot in its name",
            where=str(path),
            hint="rename the file or folder, with '_' for '.'",
        )
    return ".".join(parts[:-1] if parts[-1] == _INIT and len(parts) > 1 else parts)


def source_file(function: Callable[..., object]) -> Path | None:
    """Return the file a function was written in, None for stdin, notebooks and interactive sessions."""
    code = written(function)
    return _existing(code.__code__.co_filename) if code else None


@lru_cache(maxsize=256)
def _existing(name: str) -> Path | None:
    path = Path(name)
    return path if not name.startswith("<") and path.is_file() else None


def source_of(function: Callable[..., object]) -> str:
    """Return `module:qualname`; the module is empty for a function without a file."""
    file = source_file(function)
    return f"{_module(function.__module__, file) if file else ''}:{function.__qualname__}"


def class_source(cls: type) -> str:
    """Return `module:qualname` of a class."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) if cls.__module__ in _MAIN else None
    return f"{_module(cls.__module__, Path(file)) if file else cls.__module__}:{cls.__qualname__}"


def _module(name: str, file: Path) -> str:
    return module_name(file, source_root(file)) if name in _MAIN else name


def imported(function: Callable[..., object]) -> object:
    """Return what importing the function's module gives under the function's name, None where that is nothing."""
    if source_file(function) is None or _is_guarded(function):
        return None
    found: object = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found


@lru_cache(maxsize=8)
def _source(file: str) -> list[bytes]:
    """Return the lines of a file; read without the standard `linecache`, which imports a tokenizer."""
    return Path(file).read_bytes().split(b"\n")


def _is_guarded(function: Callable[..., object]) -> bool:
    """Say whether the function is defined under `if __name__ == "__main__":`, which an import passes over."""
    code = written(function)
    if code is None or function.__module__ not in _MAIN:
        return False
    line = code.__code__.co_firstlineno
    source = _source(code.__code__.co_filename)
    if line > len(source) or not source[line - 1][:1].isspace():
        return False
    import ast

    tree = ast.parse(b"\n".join(source))
    return any(
        isinstance(node, ast.If) and node.lineno <= line <= (node.end_lineno or 0) and "__main__" in ast.dump(node.test)
        for node in tree.body
    )
