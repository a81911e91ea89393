"""One source file as the definitions, imports and effects that fingerprints are made of; nothing is imported or run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property

from ..dataclass import dataclass, field
from .syntax import DEFINING, Binding, Scan, bound_names, dotted_name, import_bindings, joined, scan

_PODIUM = ("podium", "zenml")
_OWN_DECORATORS = ("step", "pipeline")
_MAIN_GUARDS = ("__name__ == '__main__'", "'__main__' == __name__")


@dataclass(eq=False, kw_only=True)
class Definition:
    """A module-level statement with the headers of the blocks around it; `names` is empty for one that only acts."""

    module: Module
    names: tuple[str, ...]
    nodes: Sequence[ast.AST]
    position: int

    @property
    def is_state(self) -> bool:
        """Whether other statements can change what the names stand for, as they can for all but functions."""
        return bool(self.names) and not isinstance(self.nodes[-1], (ast.FunctionDef, ast.AsyncFunctionDef))

    @cached_property
    def scan(self) -> Scan:
        """Digest and uses of the statement, computed once."""
        return scan(self.nodes, self.module.package)


@dataclass(frozen=True, slots=True)
class Effect:
    """Something done while the module is imported: what `trigger` reaches may change, so `counted` counts with it."""

    trigger: Definition
    counted: Definition


@dataclass(eq=False)
class Module:
    """`name` is the file's path from the source root, with dots; `package` is where its relative imports start."""

    name: str
    package: str
    statements: list[Definition] = field(default_factory=list)
    definitions: dict[str, list[Definition]] = field(default_factory=dict)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    @property
    def imports(self) -> list[Binding]:
        """What all import statements bind, in their order per name."""
        return [binding for bindings in self.bindings.values() for binding in bindings]

    def defined_at(self, line: int) -> list[Definition]:
        """Find the statement a line belongs to, for functions without a top-level name of their own."""
        spans = [(found, found.nodes[-1]) for found in self.statements]
        return [found for found, node in spans if isinstance(node, ast.stmt) and node.lineno <= line <= _end(node)]


def parse(data: bytes, name: str, *, is_package: bool) -> Module:
    """Read one file; of a file that this Python cannot parse, the bytes count as they are."""
    module = Module(name, name if is_package else name.rpartition(".")[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError):
        tree = ast.Module([ast.Expr(ast.Constant(data), lineno=0, end_lineno=0)], [])
    for headers, node in _statements(tree):
        _add(module, headers, node)
    for statement in module.statements:
        _add_decorators(statement)
    return module


def _statements(parent: ast.AST, outer: tuple[ast.AST, ...] = ()) -> Iterator[tuple[tuple[ast.AST, ...], ast.AST]]:
    """Yield simple statements, definitions and the headers of blocks, each with the headers of the blocks around it."""
    children = list(ast.iter_child_nodes(parent))
    headers = [child for child in children if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))]
    around = (*outer, *headers)
    yield from ((around, header) for header in headers)
    for child in children:
        if child in headers:
            continue
        if isinstance(child, DEFINING) or not (hasattr(child, "body") or hasattr(child, "cases")):
            yield around, child
        elif _is_main_guard(child):
            yield from (found for found in _statements(child, around) if any(bound_names(found[1])))
        else:
            yield from _statements(child, around)


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in _MAIN_GUARDS


def _add(module: Module, headers: tuple[ast.AST, ...], node: ast.AST) -> None:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for name, binding in import_bindings(node, module.package):
            module.bindings.setdefault(name, []).append(binding)
        return
    names = tuple(dict.fromkeys(bound_names(node)))
    if not (names or isinstance(node, ast.stmt)):
        return
    nodes = (*headers, node)
    statement = Definition(module=module, names=names, nodes=nodes, position=len(module.statements))
    module.statements.append(statement)
    for name in names:
        module.definitions.setdefault(name, []).append(statement)
    if not names or _changes_object(node):
        module.effects.append(Effect(statement, statement))


def _changes_object(node: ast.AST) -> bool:
    """Say whether an assignment changes an object, which may belong to another module, rather than binds a name."""
    if isinstance(node, ast.AugAssign):
        return True
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets)


def _add_decorators(statement: Definition) -> None:
    """Drop podium's own decorators, whose arguments change no result; others may register what they decorate."""
    node = statement.nodes[-1]
    if not isinstance(node, DEFINING):
        return
    module = statement.module
    node.decorator_list = [found for found in node.decorator_list if not _is_podium(module, found)]
    if node.decorator_list:
        nodes = tuple(node.decorator_list)
        trigger = Definition(module=module, names=(), nodes=nodes, position=statement.position)
        module.effects.append(Effect(trigger, statement))


def _is_podium(module: Module, decorator: ast.expr) -> bool:
    chain = dotted_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
    for binding in module.bindings.get(chain[0], ()) if chain else ():
        path = joined(binding.module, binding.attribute, *chain[1:]).split(".")
        if path[0] in _PODIUM and path[-1] in _OWN_DECORATORS:
            return True
    return False
