"""`podium doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list

if TYPE_CHECKING:
    from ...core.doctor.examine import Diagnosis

app = noun(None, "")


@app.command(cls=Command)
def doctor(
    stack: Annotated[str | None, typer.Argument(metavar="[STACK]", help="Check this stack, too.")] = None,
    output: Output = "table",
) -> None:
    """Say what is wrong here, and what mends it, as in: podium doctor dev

    Exits with 1 if anything fails.
    """
    from ...core.doctor.examine import examine

    check_output(output)
    found = list(examine(stack))
    if output == "table":
        _show(found)
    else:
        rows = [
            {"level": each.finding.level, "area": each.area, "what": each.finding.what, "hint": each.finding.hint}
            for each in found
        ]
        show_list(rows, output, name="what")
    if any(each.finding.level == "fail" for each in found):
        raise typer.Exit(1)


def _show(found: list[Diagnosis]) -> None:
    area = ""
    for each in found:
        if each.area != area:
            area = each.area
            print(area)
        print(f"  {each.finding.level:4}  {each.finding.what}")
        if each.finding.hint:
            print(f"        hint: {each.finding.hint}")
