"""`podium image`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output, Yes
from ..output import check_output, show_list

if TYPE_CHECKING:
    from ...core.docker.images import EngineImage
    from ...core.spec import JSON

app = noun("image", "Show and remove images that podium built.")


@app.command("list", cls=Command)
def list_(output: Output = "table") -> None:
    """List the images that podium has built, as in: podium image list --output json

    They are those of this machine's Docker engine, newest first. Sizes are in bytes; images share layers. One that
    has no name, as a later build of the same took it, is shown by its id.
    """
    from contextlib import closing

    from ...core.docker.engine import connect
    from ...core.docker.images import own_images

    check_output(output)
    with closing(connect()) as client:
        found = own_images(client)
    show_list([_row(image) for image in found], output, name="names", stacked=True)


@app.command(cls=Command)
def prune(
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Keep what is younger, such as 12h, 30d or 2w.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which; remove none.")] = False,
    yes: Yes = False,
    output: Output = "table",
) -> None:
    """Remove podium's images that no container uses, as in: podium image prune --older-than 30d

    They go from this machine's Docker engine, not from registries; a run that needs one again pulls or builds it.
    """
    from contextlib import closing

    from ...core.docker.engine import connect
    from ...core.docker.images import own_images, remove, unused
    from ..ages import seconds
    from ..prompts import confirm

    check_output(output)
    with closing(connect()) as client:
        images = unused(own_images(client), seconds(older_than, "--older-than") if older_than else 0)
        if images and not dry_run:
            count = "1 image" if len(images) == 1 else f"{len(images)} images"
            confirm(f"remove {count} of podium's that no container uses?", yes=yes)
            images = [image for image in images if remove(client, image)]
    show_list([_row(image) for image in images], output, name="names", stacked=True)


def _row(image: EngineImage) -> dict[str, JSON]:
    from datetime import datetime, timezone

    from ...core.expiry import in_utc

    return {
        "names": list(image.names) or [image.id.removeprefix("sha256:")[:12]],
        "size": image.size,
        "created": in_utc(datetime.fromtimestamp(image.created, timezone.utc)),
        "in_use": image.in_use,
    }
