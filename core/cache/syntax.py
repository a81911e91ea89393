"""What one syntax tree says: a digest that formatting cannot change, the names it uses, the names it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from blake3 import blake3

from ..dataclass import dataclass

Chain = tuple[str, ...]

DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_OWN_SCOPE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NO_CONTENT = ("ctx", "kind", "type_comment")


@dataclass(frozen=True, slots=True)
class Binding:
    """What an import binds a name to: a module, or an attribute of one; `relative` when dots said where to start."""

    module: str
    attribute: str | None
    relative: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of one walk: `chains` are dotted names as used, `bindings` the imports of inner scopes."""

    digest: str
    chains: frozenset[Chain]
    bindings: tuple[tuple[str, Binding], ...]


def scan(nodes: Sequence[ast.AST], package: str) -> Scan:
    """Walk trees once; absent fields and empty lists are left out, because Python versions add such fields."""
    text: list[str] = []
    chains: set[Chain] = set()
    bindings: list[tuple[str, Binding]] = []
    stack: list[object] = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.AST):
            # In hex, because decimal text of integers over 4300 digits is refused.
            text.append(hex(node) if type(node) is int else ascii(node))
            continue
        chain = dotted_name(node)
        if chain:
            chains.add(chain)
            text.append("." + ".".join(chain))
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bindings += import_bindings(node, package)
        text.append(type(node).__name__)
        children: list[object] = []
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in _NO_CONTENT:
                continue
            if isinstance(value, list):
                text.append(f"{name}*{len(value)}")
                children += value
            else:
                text.append(name)
                children.append(value)
        stack += reversed(children)
    return Scan(blake3("\n".join(text).encode()).hexdigest(), frozenset(chains), tuple(bindings))


def dotted_name(node: ast.AST) -> Chain:
    """Return the parts of `a.b.c`, nothing for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def bound_names(statement: ast.AST) -> Iterator[str]:
    """Names that a statement defines or changes in its own scope, `TABLE[key] = value` being a change of TABLE."""
    if isinstance(statement, DEFINING):
        yield statement.name
        return
    stack = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            target: ast.expr = node
            while isinstance(target, (ast.Attribute, ast.Subscript)):
                target = target.value
            if isinstance(target, ast.Name):
                yield target.id
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        if not isinstance(node, _OWN_SCOPE):
            stack += ast.iter_child_nodes(node)


def import_bindings(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, Binding]]:
    """Pair each name an import binds with its origin; `*` stands for all names, "" for a module loaded unnamed."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            yield alias.asname or alias.name, Binding(joined(*above, node.module), alias.name, node.level > 0)
        elif alias.asname:
            yield alias.asname, Binding(alias.name, None, relative=False)
        else:
            top = alias.name.partition(".")[0]
            yield top, Binding(top, None, relative=False)
            yield "", Binding(alias.name, None, relative=False)


def joined(*parts: str | None) -> str:
    """Join the parts of a dotted name, leaving out those that are empty."""
    return ".".join(part for part in parts if part)
