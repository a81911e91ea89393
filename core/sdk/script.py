"""Do with a user's file what `python FILE` does, and call its only pipeline if the file itself calls none."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

from ..dataclass import replace
from ..errors import NotFoundError, PodiumError, UsageError
from ..garbage import collect_from_now_on
from ..names import did_you_mean
from .first_imports import split
from .options import Compiled, RunOptions, set_options, was_taken
from .pipeline import Pipeline
from .source import module_name, source_root


def run_script(target: str, arguments: Sequence[str], options: RunOptions) -> None:
    """Run `FILE` as a script, or `FILE:PIPELINE` by importing the file and calling that pipeline.

    Raises NotFoundError for a file or pipeline that is missing, UsageError for a file that is broken or does not say
    which of several pipelines to run, and PodiumError, caused by it, for whatever else the file raises.
    """
    path, pipeline = _split(target)
    root = source_root(path.absolute())
    imports, rest = _compile(path, root)
    sys.argv[:] = [str(path), *arguments]
    sys.path[0:1] = dict.fromkeys((str(path.parent.absolute()), str(root)))
    set_options(options)
    name = module_name(path, root)
    module = ModuleType("__main__" if pipeline is None else name)
    module.__file__ = str(path)
    sys.modules[module.__name__] = sys.modules[name] = module
    wants_zygote = _wants_zygote(options)
    if wants_zygote:
        _start_zygote(name, imported=False)
    with _explaining(path, root):
        exec(imports, module.__dict__)  # noqa: S102 - running the user's file is the point
        if wants_zygote:
            _start_zygote(name, imported=True)
        if not options.compile_only:
            _import_what_runs()
        collect_from_now_on()
        exec(rest, module.__dict__)  # noqa: S102
        if pipeline is not None:
            _named(module, pipeline, path)()
        elif not was_taken():
            _only(module, path)()


def compile_script(target: str, options: RunOptions) -> Compiled:
    """Return the pipeline that `run_script` would run, and its spec; raises as that does."""
    try:
        run_script(target, (), replace(options, compile_only=True))
    except Compiled as compiled:
        return compiled
    raise UsageError(
        f"{target} goes on after its pipeline call, as if nothing had happened", hint="let SystemExit pass"
    )


def _split(target: str) -> tuple[Path, str | None]:
    """Split `FILE:PIPELINE`; a colon that belongs to the file's own name is left there."""
    path = Path(target)
    if path.is_file():
        return path, None
    file, colon, pipeline = target.rpartition(":")
    if colon and Path(file).is_file():
        return Path(file), pipeline
    path = Path(file) if colon and file.endswith(".py") else path
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name the Python file in it that defines the pipeline")
    beside = [entry.name for entry in path.parent.glob("*.py")] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, beside) or "podium run pipeline.py"
    raise NotFoundError(f"there is no file {path}", hint=hint)


def _compile(path: Path, root: Path) -> tuple[CodeType, CodeType]:
    """Return the imports of installed packages that the file begins with, and the rest."""
    own = [str(folder) for folder in {path.absolute().parent, root}]
    try:
        parts = split(ast.parse(path.read_bytes(), str(path)), own)
        imports, rest = (compile(part, str(path), "exec", dont_inherit=True) for part in parts)
    except SyntaxError as error:
        raise UsageError(
            f"{path.name} is not valid Python: {error.msg}",
            where=f"{path}:{error.lineno}",
            hint=f"the line is: {error.text.strip()}" if error.text else None,
        ) from error
    except ValueError as error:
        raise UsageError(f"{path.name} is not Python source: {error}", where=str(path)) from error
    return imports, rest


def _wants_zygote(options: RunOptions) -> bool:
    """Say whether steps will run in forks of a process of this machine."""
    if options.dry_run or options.compile_only or options.runs_in_process or options.detach:
        return False
    from ..overview import OVERVIEW
    from ..store.config_store import ConfigStore
    from ..store.selection import selected_stack

    store = ConfigStore()
    name = selected_stack(store, options.stack).components["orchestrator"]
    flavor = store.components("orchestrator").get(name).flavor
    return any(info.name == flavor and info.zygote for info in OVERVIEW["orchestrator"])


def _start_zygote(module: str, *, imported: bool) -> None:
    from ..execution.zygote_client import start_early

    start_early(module, imported=imported)


def _import_what_runs() -> None:
    """Import what a pipeline call will use while no garbage is collected, before the user's file is."""
    from ..execution import launch
    from . import compile as compiling

    assert launch
    assert compiling


@contextmanager
def _explaining(path: Path, root: Path) -> Iterator[None]:
    """Make one of podium's errors of what the user's file raises, at the last line of the user's that had a part.

    What podium itself raised by mistake passes through.
    """
    try:
        yield
    except (PodiumError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        from traceback import extract_tb

        from ..execution.failure import is_podiums_own

        if is_podiums_own(error):
            raise
        lines = [frame for frame in extract_tb(error.__traceback__) if _is_users(Path(frame.filename), root)]
        raise PodiumError(
            f"{path.name} raised {type(error).__name__}: {error}".removesuffix(": "),
            where=f"{lines[-1].filename}:{lines[-1].lineno}" if lines else str(path),
            hint=f"the whole traceback: podium run --debug {path}",
        ) from error


def _is_users(file: Path, root: Path) -> bool:
    return file.absolute().is_relative_to(root) and "site-packages" not in file.parts


def _pipelines(module: ModuleType) -> Mapping[str, Pipeline[..., object]]:
    """Pipelines of the module by variable name, those that it defines, else those that it imported."""
    found = {name: value for name, value in vars(module).items() if isinstance(value, Pipeline)}
    own = {name: value for name, value in found.items() if value.entrypoint.__module__ == module.__name__}
    return own or found


def _named(module: ModuleType, name: str, path: Path) -> Pipeline[..., object]:
    found = _pipelines(module)
    if name not in found:
        hint = did_you_mean(name, found) or f"it has: {', '.join(found) or 'none'}"
        raise NotFoundError(f"{path.name} has no pipeline {name!r}", where=str(path), hint=hint)
    return found[name]


def _only(module: ModuleType, path: Path) -> Pipeline[..., object]:
    found = _pipelines(module)
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UsageError(f"{path.name} has no pipeline", where=str(path), hint="decorate a function with @pipeline")
    raise UsageError(
        f"{path.name} has {len(found)} pipelines and calls none of them",
        where=str(path),
        hint="name one: " + " or ".join(f"podium run {path}:{name}" for name in found),
    )
