"""The imports of installed packages that a user's file begins with, apart from all that comes after them.

They may run here before another process is forked to load the file, so that they run once for both.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib.machinery import PathFinder


def split(tree: ast.Module, own: Sequence[str]) -> tuple[ast.Module, ast.Module]:
    """Return two modules that do, one after the other, what one did; what is found in the folders `own` is the user's.

    The docstring and imports from `__future__` belong to the first, and what those change to both.
    """
    count = next((at for at, node in enumerate(tree.body) if not (_is_import(node, own) or _is_text(node))), None)
    first = tree.body[:count]
    future = [node for node in first if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    # Else a text that comes next would be taken for the docstring.
    before: list[ast.stmt] = [*future] or [ast.Pass(lineno=1, col_offset=0)]
    return ast.Module(first, []), ast.Module([*before, *tree.body[len(first) :]], [])


def _is_import(node: ast.stmt, own: Sequence[str]) -> bool:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        names = [node.module]
    else:
        return False
    return not any(PathFinder.find_spec(name.partition(".")[0], own) for name in names)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
