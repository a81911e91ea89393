"""`podium pipeline`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list
from . import pipeline_schedule, runs

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("pipeline", "Show pipelines, build their images, and look after their schedules.")
app.add_typer(pipeline_schedule.app)
app.add_typer(runs.app, hidden=True)


@app.command("list", cls=Command)
def list_(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack whose store is looked into.")
    ] = None,
    output: Output = "table",
) -> None:
    """List every pipeline that has runs, as in: podium pipeline list --output json

    The one that ran last comes first, with the state of its last run.
    """
    from ...core.records.listing import list_runs
    from ...core.stacks.stack import load_stack
    from ..run_view import iso

    check_output(output)
    rows: dict[str, dict[str, JSON]] = {}
    counts: dict[str, int] = {}
    for run in list_runs(load_stack(stack).artifact_store):
        counts[run.pipeline] = counts.get(run.pipeline, 0) + 1
        if run.pipeline not in rows:
            rows[run.pipeline] = {"last_run": run.id, "state": run.state, "created": iso(run.created)}
    show_list([{"name": name, "runs": counts[name], **row} for name, row in rows.items()], output)


@app.command(cls=Command)
def build(
    target: Annotated[str, typer.Argument(metavar="FILE[:PIPELINE]", help="Python file, and the pipeline in it.")],
    *,
    stack: Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack to build for.")] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="Run configuration (YAML).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which images there are; build nothing.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what builds print.")] = False,
    output: Output = "table",
) -> None:
    """Build the images of a pipeline, as in: podium pipeline build pipeline.py --stack containers

    An image that exists is not built again. `podium run` does the same, and then runs the steps.
    """
    from ...core.images.build_file import build_file
    from ...core.sdk.options import RunOptions

    check_output(output)
    images = build_file(
        target,
        RunOptions(stack=stack, config_path=config, dry_run=dry_run),
        notice=_on_stderr,
        output=_on_stderr if verbose else lambda _: None,
    )
    show_list([image.to_json() for image in images], output, name="reference", stacked=True)


def _on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
