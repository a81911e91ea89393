"""A terminal to run README's commands on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 200, 100


def newcomer(home: Path) -> dict[str, str]:
    """Environment of somebody who has never used podium, with the programs of this virtual environment."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    secrets = {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_SECRETS_PASSPHRASE": "of the tests"}
    return {**secrets, "HOME": str(home), "PATH": path, "TERM": "linux", "LANG": "C.UTF-8"}


def screen(command: str, environment: dict[str, str]) -> str:
    """Run a command on a terminal of its own and return what it leaves on the screen; raise when it fails."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        ["bash", "-c", f"stty cols {WIDTH} rows {HEIGHT}; {command}"],  # noqa: S607
        cwd=ROOT,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        display = pyte.Screen(WIDTH, HEIGHT)
        stream = pyte.ByteStream(display)
        try:
            while arrived := os.read(ours, 65536):
                stream.feed(arrived)
        except OSError:  # how Linux says that nobody has the terminal open any more
            os.close(ours)
    shown = "\n".join(line.rstrip() for line in display.display).rstrip() + "\n"
    if process.returncode:
        raise RuntimeError(f"{command}: exit status {process.returncode}\n{shown}")
    return shown.replace(environment["HOME"], "/home/you")
