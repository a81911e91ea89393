"""The modules below one source root, and which of their definitions a definition reaches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .module import Definition, Module, parse
from .syntax import Binding, Chain, joined

Found = Definition | str
"""A definition below the root, or the dotted name of something outside of it."""


class SourceTree:
    """Modules parsed as they are needed, each once; a tree is thrown away when a file or folder it read has changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module | None] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        self._uses: dict[Definition, list[Found]] = {}
        self._imported: dict[Module, set[Module]] = {}
        self._effects: dict[Module, list[tuple[Definition, Definition]]] = {}

    def is_current(self) -> bool:
        """Compare modification time and size of everything read so far."""
        return all(_signature(path) == seen for path, seen in self._seen.items())

    def module(self, name: str) -> Module | None:
        """Return the module or package of this name, an empty one for a folder without `__init__.py`, else None."""
        if name not in self._modules:
            self._modules[name] = self._load(name)
        return self._modules[name]

    def reached(self, starts: Iterable[Definition]) -> set[Found]:
        """Return the starts, all that they use, and what acts at import on a constant or class among these."""
        reached: set[Found] = set()
        modules: set[Module] = set()
        acting: dict[Definition, list[Definition]] = {}
        stack: list[Found] = [*starts]
        while stack:
            found = stack.pop()
            if found in reached:
                continue
            reached.add(found)
            if isinstance(found, str):
                continue
            stack += self._used_by(found)
            stack += acting.get(found, ())
            for module in self._imported_by(found.module) - modules if found.module not in modules else ():
                modules.add(module)
                for state, counted in self._effects_in(module):
                    acting.setdefault(state, []).append(counted)
                    stack += [counted] if state in reached else []
        return reached

    def _load(self, name: str) -> Module | None:
        folder = self.root.joinpath(*name.split("."))
        files = {folder / "__init__.py": True}
        if name:
            files[folder.with_name(f"{folder.name}.py")] = False
            self._watch(folder.parent)
        for file, is_package in files.items():
            if file.is_file():
                self._watch(file)
                return parse(file.read_bytes(), name, is_package=is_package)
        return Module(name, name) if folder.is_dir() else None

    def _watch(self, path: Path) -> None:
        self._seen[path] = _signature(path)

    def _effects_in(self, module: Module) -> list[tuple[Definition, Definition]]:
        """Pair each constant and class that an effect of the module may change with what counts because of it."""
        if module not in self._effects:
            self._effects[module] = [
                (found, effect.counted)
                for effect in module.effects
                for found in self._closure(effect.trigger)
                if isinstance(found, Definition) and found.is_state
            ]
        return self._effects[module]

    def _closure(self, start: Definition) -> set[Found]:
        reached: set[Found] = set()
        stack: list[Found] = [start]
        while stack:
            found = stack.pop()
            if found not in reached:
                reached.add(found)
                stack += self._used_by(found) if isinstance(found, Definition) else ()
        return reached

    def _imported_by(self, start: Module) -> set[Module]:
        """Every module of the root that runs when `start` is imported, itself and packages above included."""
        if start in self._imported:
            return self._imported[start]
        reached = self._imported[start] = set()
        stack = [start]
        while stack:
            module = stack.pop()
            if module in reached:
                continue
            reached.add(module)
            for binding in module.imports:
                for origin in self._origins(module, binding):
                    names = [*origin.split("."), binding.attribute]
                    loaded = (self.module(joined(*names[:count])) for count in range(1, len(names) + 1))
                    stack += [found for found in loaded if found]
        return reached

    def _used_by(self, definition: Definition) -> list[Found]:
        if definition not in self._uses:
            module, scan = definition.module, definition.scan
            self._uses[definition] = found = []
            for chain in scan.chains:
                found += self._resolve(module, chain, set())
                for name, binding in scan.bindings:
                    if name == chain[0]:
                        found += self._through(module, binding, chain[1:], set())
        return self._uses[definition]

    def _resolve(self, module: Module, chain: Chain, seen: set[tuple[str, str]]) -> list[Found]:
        """Find what a dotted name means in a module; nothing for builtins and for names of inner scopes."""
        if (module.name, chain[0]) in seen:
            return []
        seen.add((module.name, chain[0]))
        found: list[Found] = [*module.definitions.get(chain[0], ())]
        for binding in module.bindings.get(chain[0], ()):
            found += self._through(module, binding, chain[1:], seen)
        for star in module.bindings.get("*", ()):
            for origin in self._origins(module, star):
                found += self._member(origin, chain, seen)
        return found

    def _through(self, module: Module, binding: Binding, rest: Chain, seen: set[tuple[str, str]]) -> list[Found]:
        """Follow an import; a module of the root of which no name can be told counts whole."""
        chain = (binding.attribute, *rest) if binding.attribute else rest
        found: list[Found] = []
        for origin in self._origins(module, binding):
            found += self._member(origin, chain, seen) or self._whole(origin, seen)
        return found or [joined(binding.module, *chain)]

    def _member(self, origin: str, chain: Chain, seen: set[tuple[str, str]]) -> list[Found]:
        module = self.module(origin)
        if not module or not chain:
            return []
        found = self._resolve(module, chain, seen)
        inner = joined(origin, chain[0])
        if not found and self.module(inner):
            return self._member(inner, chain[1:], seen) or self._whole(inner, seen)
        return found

    def _whole(self, origin: str, seen: set[tuple[str, str]]) -> list[Found]:
        module = self.module(origin)
        if not module or (origin, "") in seen:
            return []
        seen.add((origin, ""))
        found: list[Found] = [*module.statements]
        for binding in module.imports:
            if binding.attribute:
                for source in self._origins(module, binding):
                    found += self._member(source, (binding.attribute,), seen)
        return found

    def _origins(self, module: Module, binding: Binding) -> list[str]:
        """Names, from the root, of the modules an import may mean: any folder above the importer may be on sys.path."""
        if binding.relative:
            return [binding.module]
        top = binding.module.partition(".")[0]
        above = module.name.split(".")[:-1]
        folders = [joined(*above[:count]) for count in range(len(above) + 1)]
        return [joined(folder, binding.module) for folder in folders if self.module(joined(folder, top))]


def _signature(path: Path) -> tuple[int, int]:
    try:
        info = path.stat()
    except OSError:
        return (0, 0)
    return (info.st_mtime_ns, info.st_size)
