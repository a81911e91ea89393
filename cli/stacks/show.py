"""The verbs that show stacks, and the one that checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.kinds import KINDS
from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list, show_one

if TYPE_CHECKING:
    from ...core.spec import JSON
    from ...core.store.config_store import ConfigStore
    from ...core.store.records import StackRecord

app = noun(None, "")

Name = Annotated[
    str, typer.Argument(metavar="[NAME]", help="Name of the stack, or how it starts; by default what applies here.")
]


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List every stack and its components, as in: podium stack list --output json"""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack

    store = ConfigStore()
    active = select_stack(store).stack
    rows: list[dict[str, JSON]] = [
        {
            "name": stack.name,
            "active": stack.name == active,
            **{kind.replace("-", "_"): stack.components.get(kind) for kind in KINDS},
        }
        for stack in store.stacks.all()
    ]
    show_list(rows, output)


@app.command(cls=Command)
def describe(name: Name = "", output: Output = "table") -> None:
    """Show a stack and its components, as in: podium stack describe dev"""
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack
    from ..components.show import shown_config

    store = ConfigStore()
    stack = find(name, store)
    components: dict[str, JSON] = {}
    for kind, component in stack.components.items():
        record = store.component(kind, component)
        components[kind.replace("-", "_")] = {
            "name": component,
            "flavor": record.flavor,
            "config": shown_config(record),
        }
    active = stack.name == select_stack(store).stack
    show_one({"name": stack.name, "active": active, **components}, output)


@app.command(cls=Command)
def get(output: Output = "names") -> None:
    """Print the stack that applies here, as in: podium stack get --output table

    The table says where that was decided, too.
    """
    from ...core.store.config_store import ConfigStore
    from ...core.store.selection import select_stack

    selection = select_stack(ConfigStore())
    show_one({"name": selection.stack, "source": selection.source}, output)


@app.command(cls=Command)
def check(name: Name = "", output: Output = "table") -> None:
    """Find all that keeps a stack from running, as in: podium stack check dev

    Reaches for the services, with the stack's credentials. Exits with 1 when something fails.
    """
    from ...core.checks.stack import check_stack
    from ...core.store.config_store import ConfigStore

    check_output(output)
    store = ConfigStore()
    found = list(check_stack(find(name, store), store))
    rows: list[dict[str, JSON]] = [
        {
            "level": item.finding.level,
            "component": item.component,
            "what": item.finding.what,
            "hint": item.finding.hint,
        }
        for item in found
    ]
    show_list(rows, output, name="component", stacked=True)
    if any(item.finding.level == "fail" for item in found):
        raise typer.Exit(1)


def find(name: str, store: ConfigStore) -> StackRecord:
    """Return the stack of a name, or of how one starts; without a name the one that applies here."""
    from ...core.store.selection import selected_stack

    return store.stacks.find(name) if name else selected_stack(store)
