"""`podium runs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output, Yes
from ..output import check_output, show_list, show_one

if TYPE_CHECKING:
    from ...core.contracts.artifact_store import ArtifactStore
    from ...core.spec import JSON

app = noun("runs", "List, show, follow, cancel, resume and delete runs.")

Run = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Id, name, or how either starts; the newest if left out.")
]
StackName = Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack whose store has the run.")]


@app.command("list", cls=Command)
def list_(
    stack: StackName = None,
    pipeline: Annotated[str | None, typer.Option("--pipeline", metavar="NAME", help="Only runs of it.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most runs to show; 0 shows all.")] = 20,
    refresh: Annotated[bool, typer.Option("--refresh", help="Look up ended runs, too, and ask platforms.")] = False,
    output: Output = "table",
) -> None:
    """List runs, newest first, as in: podium runs list --limit 5

    Unfinished ones are looked up in their store.
    """
    from itertools import islice

    from ...core.records.listing import list_runs
    from ...core.stacks.stack import load_stack
    from ..run_view import iso

    check_output(output)
    found = (
        run for run in list_runs(load_stack(stack).artifact_store, refresh=refresh) if pipeline in {None, run.pipeline}
    )
    rows: list[dict[str, JSON]] = [
        {
            "id": run.id,
            "name": run.name,
            "pipeline": run.pipeline,
            "state": run.state,
            "stack": run.stack,
            "created": iso(run.created),
        }
        for run in islice(found, limit or None)
    ]
    show_list(rows, output, name="id")


@app.command(cls=Command)
def show(run: Run = None, stack: StackName = None, output: Output = "table") -> None:
    """Show a run and each of its steps, as in: podium runs show digits --output json"""
    from ..run_view import describe_run

    check_output(output)
    run_id, store = _locate(run, stack)
    found = describe_run(store, run_id)
    if output != "table":
        show_one(found, output, name="id")
        return
    steps = found.pop("steps")
    assert isinstance(steps, list)
    show_one({key: value for key, value in found.items() if value is not None}, output)
    print()
    rows: list[dict[str, JSON]] = []
    for step in steps:
        assert isinstance(step, dict)
        error = step["error"]
        reason = (
            f"{error['kind']}: {error['message']}".partition("\n")[0] if isinstance(error, dict) else step["detail"]
        )
        seconds = f"{step['seconds']:.3f}" if isinstance(step["seconds"], float) else ""
        rows.append(
            {
                "step": step["id"],
                "state": step["state"],
                "attempt": step["attempt"],
                "seconds": seconds,
                "detail": reason,
            }
        )
    show_list(rows, output)


@app.command(cls=Command)
def logs(
    run: Run = None,
    step: Annotated[str | None, typer.Argument(metavar="[STEP]", help="Only this step, as it was printed.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run or step ends.")] = False,
    stack: StackName = None,
) -> None:
    """Print what steps printed, as in: podium runs logs digits train

    A single word that is no run but a step of the newest run means that step.
    """
    from ...core.errors import NotFoundError
    from ..run_logs import print_logs

    try:
        run_id, store = _locate(run, stack)
    except NotFoundError:
        if run is None or step is not None:
            raise
        from ...core.records.reader import read_spec

        run_id, store = _locate(None, stack)
        if run not in {found.id for found in read_spec(store, run_id).steps}:
            raise
        step = run
    print_logs(store, run_id, step, follow=follow)


@app.command(cls=Command)
def cancel(run: Run = None, stack: StackName = None) -> None:
    """End a run: its running steps are stopped, and it can be resumed, as in: podium runs cancel digits"""
    from ...core.execution import cancel as cancelling

    run_id, store = _locate(run, stack)
    cancelling.cancel(store, run_id)
    typer.echo(f"cancelled run {run_id}", err=True)


@app.command(cls=Command)
def resume(
    run: Run = None,
    stack: StackName = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only the summary.")] = False,
) -> None:
    """Go on with a run that failed, was cancelled or lost, as in: podium runs resume digits

    Finished steps are kept; the code is what it is now.
    """
    from ...core.display.select import select
    from ...core.execution.launch import conclude
    from ...core.execution.resume import resume as take_up
    from ...core.records.reader import read_header
    from ...core.stacks.stack import load_stack

    run_id, store = _locate(run, stack)
    header = read_header(store, run_id)
    ending = take_up(run_id, load_stack(stack or str(header.stack["name"])), select(sys.stderr, quiet=quiet))
    conclude(header, store, ending)


@app.command(cls=Command)
def delete(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id or name.")], stack: StackName = None, yes: Yes = False
) -> None:
    """Delete a run, as in: podium runs delete digits --yes

    Artifacts that the cache or other runs use are kept.
    """
    from ...core.records.removal import delete_run
    from ..prompts import confirm

    run_id, store = _locate(run, stack)
    confirm(f"delete run {run_id} with its records, logs and artifacts?", yes=yes)
    kept = delete_run(store, run_id)
    artifacts = "1 artifact" if kept == 1 else f"{kept} artifacts"
    rest = f"; kept {artifacts} in use" if kept else ""
    typer.echo(f"deleted run {run_id}{rest}", err=True)


def _locate(run: str | None, stack: str | None) -> tuple[str, ArtifactStore]:
    from ...core.records.find import locate_run
    from ...core.stacks.stack import load_stack

    return locate_run(load_stack(stack).artifact_store, run, only_there=stack is not None)
