"""`podium pipeline schedule`."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import UsageError
from ..app import Command, noun
from ..options import Output, Yes
from ..output import check_output, show_list, show_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.graph.schedules import Schedules

app = noun("schedule", "Show, pause, change and delete pipelines' schedules.")

Stack = Annotated[
    str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack whose orchestrator has the schedule.")
]
Name = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name or id.")]
NameOrPrefix = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name, id, or how either starts.")]


@app.command("list", cls=Command)
def list_(stack: Stack = None, output: Output = "table") -> None:
    """List schedules with their next firing, as in: podium pipeline schedule list

    The platform is asked. `orphan` ones fire, but the store does not know them; `missing` ones never fire; `unknown`
    ones may be where it could not be asked.
    """
    from ..schedule_view import schedule_row

    check_output(output)
    with _schedules(stack) as schedules:
        show_list([schedule_row(schedule) for schedule in schedules.all], output)


@app.command(cls=Command)
def describe(schedule: NameOrPrefix, stack: Stack = None, output: Output = "table") -> None:
    """Show all of a schedule with its latest firings, as in: podium pipeline schedule describe nightly"""
    from ..schedule_view import describe_firings, describe_schedule

    check_output(output)
    with _schedules(stack) as schedules:
        found = schedules.starting(schedule)
        firings = describe_firings(found, schedules.store)
    about = describe_schedule(found)
    if output != "table":
        show_one({**about, "firings": [*firings]}, output)
        return
    show_one({key: value for key, value in about.items() if value is not None}, output)
    if firings:
        print()
        show_list(firings, output)


@app.command(cls=Command)
def pause(schedule: Name, stack: Stack = None) -> None:
    """Keep a schedule from firing, as in: podium pipeline schedule pause nightly"""
    with _schedules(stack) as schedules:
        found = schedules.named(schedule)
        schedules.pause(found, paused=True)
        typer.echo(f"paused schedule {found.name}; runs that it started go on", err=True)


@app.command(cls=Command)
def resume(schedule: Name, stack: Stack = None) -> None:
    """Let a paused schedule fire again, as in: podium pipeline schedule resume nightly"""
    with _schedules(stack) as schedules:
        found = schedules.named(schedule)
        schedules.pause(found, paused=False)
        typer.echo(f"schedule {found.name} fires again", err=True)


@app.command(cls=Command)
def update(
    schedule: Name,
    cron: Annotated[str, typer.Option("--cron", metavar="EXPR", help="When it fires from now on.")],
    stack: Stack = None,
) -> None:
    """Change when a schedule fires, as in: podium pipeline schedule update nightly --cron '0 4 * * *'

    Its code, image and secrets stay as they were: run the pipeline with its schedule again to renew those.
    """
    from ...core.sdk.cron import read_cron

    try:
        expression = read_cron(cron)
    except ValueError as error:
        raise UsageError(str(error), where="--cron", hint="as in --cron '0 4 * * mon-fri'") from None
    with _schedules(stack) as schedules:
        found = schedules.named(schedule)
        schedules.update(found, expression)
        zone = f" in {found.platform.zone}" if found.platform else ""
        typer.echo(f"schedule {found.name} fires at {expression}{zone}", err=True)


@app.command(cls=Command)
def delete(schedule: Name, stack: Stack = None, yes: Yes = False) -> None:
    """Delete a schedule, as in: podium pipeline schedule delete nightly --yes

    Its runs stay, and those that go on do so. Works for what another machine left on the platform, too.
    """
    from ..prompts import confirm

    with _schedules(stack) as schedules:
        found = schedules.named(schedule)
        confirm(f"delete schedule {found.name} ({found.state}) from {found.handle}?", yes=yes)
        schedules.delete(found)
        typer.echo(f"deleted schedule {found.name}; its runs are kept", err=True)


@contextmanager
def _schedules(stack: str | None) -> Iterator[Schedules]:
    from ...core.graph.schedules import Schedules
    from ...core.stacks.stack import load_stack

    with closing(Schedules(load_stack(stack))) as schedules:
        for error in schedules.away:
            typer.echo(f"warning: schedules there are not shown: {error}", err=True)
        yield schedules
