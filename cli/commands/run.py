"""`podium run`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...core.errors import UsageError
from ..app import Command, noun

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
    from ...core.sdk.options import RunOptions
    from ...core.sdk.script import run_script

    if output not in {"text", "json"}:
        raise UsageError(f"there is no output format {output!r}", where="--output", hint="one of text, json")
    params = dict(_pair(text) for text in param or ())
    options = RunOptions(
        stack=stack,
        run_name=name,
        no_cache=no_cache,
        dry_run=dry_run,
        detach=detach,
        in_process=in_process,
        quiet=quiet,
        strict_resources=strict_resources,
        config_path=config,
        params=params,
        schedule=_schedule(schedule, schedule_name),
    )
    try:
        if output == "text":
            run_script(target, arguments or (), options)
        else:
            from ..run_report import only_the_result

            with only_the_result():
                run_script(target, arguments or (), options)
    except SystemExit as end:
        from ...core.execution.plan import Planned

        if not isinstance(end, Planned):
            raise
        from ..plan_view import show_plan

        show_plan(end.plan, output)


def _schedule(cron: str | None, name: str | None) -> dict[str, str] | None:
    if cron is None:
        if name is not None:
            raise UsageError("a schedule's name needs a schedule", where="--schedule-name", hint="add --schedule CRON")
        return None
    return {"cron_expression": cron, **({} if name is None else {"name": name})}


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"{text!r} is not a parameter", where="--param", hint="write it as --param epochs=3")
    return key, value
