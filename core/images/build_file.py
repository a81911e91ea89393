"""Build the images of a file's pipeline without running it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.local import LocalFiles
from ..code.pack import pack
from ..errors import UsageError
from ..execution.gate import check_stack
from ..sdk.script import compile_script
from ..sdk.source import source_file, source_root
from ..stacks.stack import load_stack
from .prepare import StepImage, build_images, planned

if TYPE_CHECKING:
    from ..sdk.options import RunOptions


def build_file(
    target: str,
    options: RunOptions,
    *,
    notice: Callable[[str], None],
    output: Callable[[str], None] = lambda _: None,
) -> list[StepImage]:
    """Build what `podium run` of `FILE[:PIPELINE]` with these options would, or with `dry_run` say what that is.

    Raises UsageError for a stack whose steps run in no images, and what compiling and building raise.
    """
    compiled = compile_script(target, options)
    stack = load_stack(options.stack)
    check_stack(stack)
    if not stack.orchestrator.capabilities.images:
        raise UsageError(
            f"stack {stack.name!r} needs no images: its orchestrator flavor {stack.orchestrator.flavor!r} has none",
            hint="name a stack whose steps run in containers: --stack NAME",
        )
    file, store = source_file(compiled.pipeline.entrypoint), stack.artifact_store
    root = source_root(file) if file else Path.cwd()

    def code() -> bytes:
        return pack(root, file=file, apart=[store.folder] if isinstance(store, LocalFiles) else []).data

    if options.dry_run:
        return planned(compiled.spec, stack, root=root, code=code, notice=notice)
    return build_images(compiled.spec, stack, root=root, code=code, notice=notice, output=output)
