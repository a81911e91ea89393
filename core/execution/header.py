"""Who runs which code, when, and under what name: what is known of a run before it starts."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..ids import new_run_id
from ..records.documents import CodeReference, RunHeader, user_name
from ..sdk.source import source_file, source_root
from ..sdk.substitutions import expand

if TYPE_CHECKING:
    from ..sdk.options import RunOptions
    from ..sdk.pipeline import Pipeline
    from ..stacks.stack import Stack


def make_header(pipeline: Pipeline[..., object], digest: str, stack: Stack, options: RunOptions) -> RunHeader:
    """Return the header of a new run; raise UsageError for a name that no line can show."""
    now = time.time()
    name = expand(options.run_name or pipeline.run_name_template, pipeline.substitutions, now)
    if not name.isprintable() or not name.strip():
        raise UsageError(f"{name!r} cannot be the name of a run", hint="use one line of printable text")
    return RunHeader(
        id=new_run_id(),
        name=name,
        pipeline=pipeline.name,
        created=now,
        spec_digest=digest,
        user=user_name(),
        host=socket.gethostname(),
        stack=stack.snapshot(),
        code=code_reference(pipeline),
        enable_cache=not options.no_cache,
    )


def code_reference(pipeline: Pipeline[..., object]) -> CodeReference:
    """Say where a pipeline's code is, and what of it this process has loaded."""
    file = source_file(pipeline.entrypoint)
    root = source_root(file) if file else Path.cwd()
    return CodeReference(root=str(root), file=str(file.absolute()) if file else None, files=loaded_files(root))


def loaded_files(root: Path) -> dict[str, str]:
    """Digest every source file of the user's, not of installed packages, that this process has imported."""
    from blake3 import blake3

    prefix = f"{root}/"
    files: dict[str, str] = {}
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and _is_source(name, prefix):
            files[name.removeprefix(prefix)] = blake3(Path(name).read_bytes()).hexdigest()
    return dict(sorted(files.items()))


def _is_source(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name.endswith(".py") and "/site-packages/" not in name
