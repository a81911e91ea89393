"""`podium run`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import Command, noun
from ..running import run_file

app = noun(None, "Run a pipeline.")


@app.command(cls=Command, context_settings={"allow_interspersed_args": True})
def run(
    target: Annotated[str, typer.Argument(metavar="FILE[:PIPELINE]", help="Python file, and the pipeline in it.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- ARG...]", help="What the file finds in sys.argv.")
    ] = None,
    *,
    stack: Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack to run on.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="K=V", help="Parameter of the pipeline.")
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="Run configuration (YAML).")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the run.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every step.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan; start nothing.")] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Go on without this terminal.")] = False,
    in_process: Annotated[
        bool,
        typer.Option("--in-process", help="Steps in this process, for debuggers (also: PODIUM_IN_PROCESS=1)."),
    ] = False,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="CRON", help="Run it by the clock, as '0 3 * * *' or @daily.")
    ] = None,
    schedule_name: Annotated[
        str | None,
        typer.Option("--schedule-name", metavar="NAME", help="Name of the schedule; the pipeline's by default."),
    ] = None,
    strict_resources: Annotated[
        bool | None,
        typer.Option("--strict-resources/--no-strict-resources", help="Whether a step may get less than it asks for."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only the summary.")] = False,
    output: Annotated[str, typer.Option("--output", metavar="text|json", help="json: one object on stdout.")] = "text",
) -> None:
    """Run the pipeline of a file, as in: podium run pipeline.py --param epochs=3"""
    run_file(
        target,
        arguments,
        stack=stack,
        param=param,
        config=config,
        name=name,
        no_cache=no_cache,
        dry_run=dry_run,
        detach=detach,
        in_process=in_process,
        schedule=schedule,
        schedule_name=schedule_name,
        strict_resources=strict_resources,
        quiet=quiet,
        output=output,
    )
