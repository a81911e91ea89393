"""The fingerprint of a step's code: equal as long as nothing that the step's function reaches has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType

from blake3 import blake3

from ..errors import UsageError
from ..sdk.place import written
from .bytecode import bytecode_digest, global_names
from .module import Definition
from .sources import SourceTree

_TREES: dict[Path, SourceTree] = {}


def fingerprint(function: Callable[..., object], root: Path | None) -> str:
    """Digest the sources below `root` that a function reaches, read without importing or running anything.

    What counts is the syntax tree, docstrings included, of each function, class and constant reached by name, wherever
    it stands: comments, formatting and position do not count, nor do podium's own decorators and their arguments, nor
    the Python version (but for format specifiers nested in f-strings, which 3.12 reads differently). A class
    counts whole, a module whose names cannot be told (passed around, getattr) too. A name that a local variable shares
    with a definition counts as a use. Of what lies outside of the root only the name counts.

    Statements that define nothing (`TABLE.update(...)`, `register(f)`) and decorated definitions (`@REGISTRY.add`)
    count once the function reaches a constant or class that they reach, in any module that is imported on the way;
    below `if __name__ == "__main__"` they do not. Not seen: modules and attributes named by computed strings, and
    modules imported inside a function of which no name is used.

    A nested function counts as the top-level definition around it, with the functions in its closure but no other
    values. A function without a source below the root counts by its bytecode, with those of its global functions that
    have their source below the root or none. Raises UsageError unless it is a Python function, wrapped or not.
    """
    start = written(function)
    if start is None:
        raise UsageError(f"{function!r} is not a Python function", hint="make the step a function defined with 'def'")
    tree = _tree(root) if root else None
    digests: set[str] = set()
    seen: set[FunctionType] = set()
    stack = [start]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            definitions = _definitions(current, tree) if tree else []
            by_source = _source_digest(definitions, tree) if tree and definitions else None
            digests.add(by_source or bytecode_digest(current.__code__))
            stack += [held for held in _held(current, by_name=not definitions) if _counts(held, root)]
    return blake3("\n".join([start.__qualname__, *sorted(digests)]).encode()).hexdigest()


def _held(function: FunctionType, *, by_name: bool) -> Iterator[FunctionType]:
    """Yield functions in the closure, as in a decorator's wrapper, and among the globals that the code names."""
    values: list[object] = [getattr(cell, "cell_contents", None) for cell in function.__closure__ or ()]
    if by_name:
        values += [function.__globals__.get(name) for name in global_names(function.__code__)]
    yield from (value for value in values if isinstance(value, FunctionType))


def _counts(function: FunctionType, root: Path | None) -> bool:
    file = function.__code__.co_filename
    return bool(root and _module_name(file, root)) or not Path(file).is_file()


def _source_digest(starts: list[Definition], tree: SourceTree) -> str:
    reached = tree.reached(starts)
    order = sorted((d.module.name, d.names, d.position, d.scan.digest) for d in reached if isinstance(d, Definition))
    lines = [f"{module}:{','.join(names)} {digest}" for module, names, _, digest in order]
    outside = sorted(found for found in reached if isinstance(found, str))
    return blake3("\n".join([*lines, *outside]).encode()).hexdigest()


def _definitions(function: FunctionType, tree: SourceTree) -> list[Definition]:
    code = function.__code__
    name = _module_name(code.co_filename, tree.root)
    module = tree.module(name) if name else None
    if not module:
        return []
    return module.definitions.get(function.__qualname__.partition(".")[0]) or module.defined_at(code.co_firstlineno)


@cache
def _module_name(file: str, root: Path) -> str | None:
    """Name a file from the source root, with dots; None when it is elsewhere or no file."""
    path = Path(file).resolve()
    if not path.is_file() or not path.is_relative_to(root.resolve()):
        return None
    parts = path.relative_to(root.resolve()).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _tree(root: Path) -> SourceTree:
    tree = _TREES.get(root)
    if not tree or not tree.is_current():
        tree = _TREES[root] = SourceTree(root)
    return tree
