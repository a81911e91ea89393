"""What podium does on a host: look, bring a folder there, and have the supervisor in it do the rest."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AccessError, PodiumError
from .handle import Handle
from .host_facts import HostFacts, read_facts

if TYPE_CHECKING:
    from ..docker.registry import Login
    from ..ssh.session import Session
    from .host_config import ComposeHostConfig

_LOOKING = 45.0
_SUPERVISING = 60.0
_UPLOADING = 120.0
_NO_FOLDER = 66
_FULL = ("No space left on device", "quota exceeded", "Wrote only")  # the last is GNU tar's
# Whole or not at all: under a name of its own until it is. Of those that a broken connection left, the same folder's
# are removed at once, others' after a day. Another user's folder of the name cannot be written to, and fails.
_UPLOAD = """
export LC_ALL=C
umask 077
above=$(dirname -- "$1") name=$(basename -- "$1")
mkdir -p -- "$above" && cd -- "$above" || exit
if [ -d "$name" ]; then
    cat > /dev/null
    [ ! -e "$name/state/owner" ] || echo started
    exit 0
fi
find . ! -name . -prune -name '.upload-*' -mtime +0 -exec rm -rf {} +
rm -rf ".upload-$name".*
mkdir ".upload-$name.$$" && tar -x -o -f - -C ".upload-$name.$$" && mv ".upload-$name.$$" "$name"
code=$?
[ $code = 0 ] || rm -rf ".upload-$name.$$"
exit $code
"""
_SUPERVISE = f"""
cd -- "$1" 2> /dev/null || exit {_NO_FOLDER}
shift
exec sh supervise.sh "$@"
"""


class ComposeHost:
    """A host with Docker Compose; each verb is one remote command that may be repeated.

    Verbs raise AccessError when the host cannot be reached, and PodiumError with what the host said when it fails.
    """

    def __init__(self, session: Session, config: ComposeHostConfig) -> None:
        self.session = session
        self.name = str(session.address)
        self._config = config

    @cached_property
    def facts(self) -> HostFacts:
        """What the first look has found."""
        script = Path(__file__).with_name("look.sh").read_text(encoding="utf-8")
        config, before = self._config, time.time()
        answer = self.session.run(script, config.remote_workdir, config.docker_binary, patience=_LOOKING)
        try:
            return read_facts(answer.out, (before + time.time()) / 2)
        except (KeyError, ValueError):
            raise PodiumError(f"host {self.name} could not be looked at: {answer.reason}") from None

    def handle(self, folder: str) -> str:
        """Return the handle of what is in a folder there."""
        return str(Handle(self.session.username, self.session.address, folder))

    def upload(self, folder: str, archive: bytes) -> bool:
        """Unpack a tar archive as a new folder, its parents included; one that is there already is left alone.

        Returns whether it still has to be started.
        """
        answer = self.session.run(_UPLOAD, folder, stdin=archive, patience=_UPLOADING)
        if answer.code == 0:
            return answer.out != "started"
        if any(said in answer.err for said in _FULL):
            hint = "free some there, or set remote_workdir to a folder on another disk"
            raise PodiumError(f"no space left on the disk of {self.name}", where=folder, hint=hint)
        raise PodiumError(f"host {self.name} did not take the files of the run: {answer.reason}", where=folder)

    def start(self, folder: str) -> None:
        """Have the supervisor of a folder take over; one that has already is left alone."""
        if self._supervise(folder, "start") is None:
            raise PodiumError(f"host {self.name} does not have the folder any more", where=folder)

    def status(self, folder: str) -> str | None:
        """Return what the supervisor of a folder says; None where there is no such folder."""
        printed = self._supervise(folder, "status")
        return None if printed is None else printed.decode(errors="replace")

    def output(self, folder: str, job: str) -> bytes:
        """Return the end of what a job has printed, as far as it is still there."""
        return self._supervise(folder, "output", job) or b""

    def cancel(self, folder: str) -> None:
        """Have all that runs for a folder end."""
        self._supervise(folder, "cancel")

    def log_in(self, folder: str, registry: str, login: Login) -> None:
        """Log the Docker configuration of a folder into a registry, for the pull."""
        password = login.password.reveal().encode()
        answer = self.session.run(
            _SUPERVISE, folder, "login", login.username, registry, stdin=password, patience=_SUPERVISING
        )
        if answer.code != 0:
            raise AccessError(f"host {self.name} cannot log into registry {registry}: {answer.reason}")

    def _supervise(self, folder: str, *words: str) -> bytes | None:
        """Return what the supervisor printed; None where there is no such folder."""
        answer = self.session.run(_SUPERVISE, folder, *words, patience=_SUPERVISING)
        if answer.code == _NO_FOLDER:
            return None
        if answer.code != 0:
            raise PodiumError(f"host {self.name} cannot {words[0]} the run: {answer.reason}", where=folder)
        return answer.output
