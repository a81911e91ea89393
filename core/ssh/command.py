"""Runs commands on a remote host; words become a command line in one place, and every exit code is read."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import AccessError

if TYPE_CHECKING:
    from paramiko import SSHClient

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a remote command said, and its exit code."""

    code: int
    out: str
    err: str


def run(client: SSHClient, *words: str, patience: float = _PATIENCE) -> Answer:
    """Run a command whose words reach the program as they are, whatever is in them.

    Raises AccessError when no exit code comes: the connection broke, or nothing came for `patience` seconds.
    """
    from paramiko import SSHException

    try:
        stdin, stdout, stderr = client.exec_command(shlex.join(words), timeout=patience)
        with stdin, stdout, stderr:
            stdin.channel.shutdown_write()
            out, err = stdout.read(), stderr.read()
            code = stdout.channel.recv_exit_status()
    except (SSHException, EOFError, OSError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else "the connection broke"
        raise AccessError(f"remote command {words[0]!r}: {reason}") from None
    if code < 0:
        raise AccessError(f"remote command {words[0]!r}: the connection broke, or a signal ended it")
    return Answer(code, out.decode(errors="replace").strip(), err.decode(errors="replace").strip())
