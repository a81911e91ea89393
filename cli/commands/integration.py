"""`podium integration`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output, Yes
from ..output import show_list

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("integration", "Install the SDKs of flavors and connectors.")

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of integrations.")]


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List every integration and which packages of it are installed, as in: podium integration list --output json"""
    from ...core.integrations.catalog import INTEGRATIONS
    from ...core.integrations.environment import versions

    rows: list[dict[str, JSON]] = []
    for each in INTEGRATIONS.values():
        found = versions(each)
        packages: dict[str, JSON] = {package: version for package, version in found.items() if version}
        rows.append(
            {"name": each.name, "installed": len(packages) == len(found), "packages": packages, "for": each.help}
        )
    show_list(rows, output)


@app.command(cls=Command)
def install(names: Names, yes: Yes = False) -> None:
    """Install the packages of integrations, as in: podium integration install aws s3

    That is done with uv if it is there and pip otherwise; a terminal is asked first.

    SkyPilot (vm_aws, vm_azure, vm_gcp) gets an environment of its own below PODIUM_HOME, the others come into the one
    that podium runs in.
    """
    _install(names, upgrade=False, yes=yes)


@app.command(cls=Command)
def upgrade(names: Names, yes: Yes = False) -> None:
    """Install the newest packages of integrations, as in: podium integration upgrade aws

    Those that have to fit to them are upgraded, too; a terminal is asked first.
    """
    _install(names, upgrade=True, yes=yes)


@app.command(cls=Command)
def requirements(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this integration.")] = None,
    output: Output = "table",
) -> None:
    """Show which packages integrations need, as in: podium integration requirements aws --output names

    With --output names they are lines of a requirements file.
    """
    from ...core.integrations.catalog import INTEGRATIONS, find
    from ...core.integrations.catalog import requirements as needs
    from ...core.integrations.environment import environment_of

    rows: list[dict[str, JSON]] = []
    for each in [find(name)] if name else INTEGRATIONS.values():
        folder = environment_of(each).folder
        rows += [
            {"name": each.name, "requirement": needed, "environment": str(folder) if folder else sys.prefix}
            for needed in map(str, needs(each))
        ]
    show_list(rows, output, name="requirement")


@app.command(cls=Command)
def uninstall(names: Names, yes: Yes = False) -> None:
    """Uninstall the packages of integrations, as in: podium integration uninstall runai --yes

    What something else here needs stays.
    """
    from ...core.integrations.catalog import find
    from ...core.integrations.installer import uninstall
    from ...core.integrations.removal import plan
    from ..prompts import confirm

    removals = plan([find(name) for name in names])
    going = [what for removal in removals for what in removal.packages or (str(removal.environment.folder),)]
    confirm(f"uninstall {', '.join(going)}?", yes=yes)
    for removal in removals:
        uninstall(removal.environment, removal.packages)
        for package, user in removal.kept.items():
            typer.echo(f"kept {package}, which {user} needs", err=True)
    typer.echo(f"uninstalled {', '.join(going)}", err=True)


def _install(names: list[str], *, upgrade: bool, yes: bool) -> None:
    from ...core.integrations.catalog import find, requirements
    from ...core.integrations.environment import versions
    from ...core.integrations.installer import install
    from ..prompts import confirm, is_interactive

    wanted = [find(name) for name in dict.fromkeys(names)]
    if is_interactive():
        confirm(f"install {', '.join(text for each in wanted for text in map(str, requirements(each)))}?", yes=yes)
    install(wanted, upgrade=upgrade)
    for each in wanted:
        packages = ", ".join(f"{package} {version}" for package, version in versions(each).items())
        typer.echo(f"installed {each.name}: {packages}", err=True)
