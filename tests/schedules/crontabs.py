"""This machine's program crontab, on crontabs of nobody else's."""

import os
import subprocess
from pathlib import Path

import pytest

from podium.core.compose.crontab import render_block

SCRIPTS = Path(__file__).parents[2] / "core/compose"
SHELLS = {"dash": ["/bin/dash"], "busybox": ["/bin/busybox", "ash"]}  # the latter has a program crontab of its own
ID, OTHER = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac97-774b-bcce-b302099a8057"
_SPOOL = (
    "mount -t tmpfs spool /var/spool/cron && cd /var/spool/cron && mkdir -m 1730 crontabs && chgrp crontab crontabs"
)


class Crontabs:
    """A view of this machine in which nobody has a crontab yet; `shell` is what runs scripts in it."""

    def __init__(self, view: subprocess.Popen[str], folder: Path, shell: str) -> None:
        self._enter = ["/usr/bin/nsenter", f"--target={view.pid}", "--mount"]
        self._environment = {"HOME": str(folder), "PATH": f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self._shell = SHELLS[shell]
        self.folder = folder
        self.root = folder / "podium-runs/schedules"

    def run(self, script: Path, *words: str, stdin: str | bytes = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script."""
        return self._run([*self._shell, str(script), *words], stdin, more)

    def edit(self, *words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run crontab.sh."""
        return self.run(SCRIPTS / "crontab.sh", *words, stdin=stdin, **more)

    def install(self, schedule_id: str, name: str = "nightly", when: str = "*/5 * * * *", **more: str) -> Path:
        """Make the folder of a schedule, and have cron fire it; return the folder."""
        folder = self.root / schedule_id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "fire.sh").touch()
        block = render_block(schedule_id, name, when, str(folder))
        done = self.edit("install", str(self.root), schedule_id, name, block, **more)
        assert done.returncode == 0, done.stderr
        return folder

    @property
    def text(self) -> str:
        """What the user's crontab holds."""
        return self._run([*self._shell, "-c", "crontab -l"], "", {}).stdout

    def write(self, text: str) -> None:
        """Let the user write all of it."""
        done = self._run([*self._shell, "-c", "crontab -"], text, {})
        assert done.returncode == 0, done.stderr

    def _run(self, command: list[str], stdin: str | bytes, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
        given = stdin if isinstance(stdin, bytes) else stdin.encode("utf-8", "surrogateescape")
        done = subprocess.run(
            [*self._enter, *command],
            input=given,
            env={**self._environment, **more},
            capture_output=True,
            timeout=60,
            check=False,
        )
        out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(command, done.returncode, out, err)


@pytest.fixture(params=SHELLS)
def crontabs(request, tmp_path):
    """Give a view for each shell."""
    assert os.geteuid() == 0, "tests with crontabs of their own need to be run as root"
    command = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", f"{_SPOOL} && echo ready && exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as view:
        assert view.stdout.readline() == "ready\n"
        yield Crontabs(view, tmp_path, request.param)
        view.stdin.close()
