"""Build the images of a file's pipeline without running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..execution.gate import check_stack
from ..execution.header import code_reference
from ..execution.in_containers import Containers
from ..sdk.script import compile_script
from ..stacks.stack import load_stack

if TYPE_CHECKING:
    from ..sdk.options import RunOptions
    from .prepare import StepImage


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
    containers = Containers(stack, code_reference(compiled.pipeline), notice)
    return containers.plan(compiled.spec) if options.dry_run else containers.build(compiled.spec, output)
