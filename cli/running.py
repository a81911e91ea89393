"""What `podium run` does, however its command line was read."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.errors import UsageError


def run_file(
    target: str,
    arguments: Sequence[str] | None = None,
    *,
    stack: str | None = None,
    param: Sequence[str] | None = None,
    config: str | None = None,
    name: str | None = None,
    no_cache: bool = False,
    dry_run: bool = False,
    detach: bool = False,
    in_process: bool = False,
    schedule: str | None = None,
    schedule_name: str | None = None,
    strict_resources: bool | None = None,
    quiet: bool = False,
    output: str = "text",
) -> None:
    """Run the pipeline of a file; show the plan where that is asked for."""
    from ..core.sdk.options import RunOptions
    from ..core.sdk.script import run_script

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
            from .run_report import only_the_result

            with only_the_result():
                run_script(target, arguments or (), options)
    except SystemExit as end:
        from ..core.execution.plan import Planned

        if not isinstance(end, Planned):
            raise
        from .plan_view import show_plan

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
