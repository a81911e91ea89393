"""Runs commands on a remote host; words become a command line in one place, and every exit code is read."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from time import monotonic, sleep
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import AccessError
from .errors import ConnectionLost

if TYPE_CHECKING:
    from paramiko import Channel, SSHClient, Transport

PATIENCE = 30.0
"""Seconds."""
_PIECE = 1 << 16
_MOST = 16 << 20
_LAST_BREATH = 0.5
_PAUSES = (0.05, 0.2, 0.8)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a remote command said, up to 16 MiB of each stream, and its exit code."""

    code: int
    output: bytes
    errors: bytes

    @property
    def out(self) -> str:
        """Standard output as text, without the blanks around it."""
        return self.output.decode(errors="replace").strip()

    @property
    def err(self) -> str:
        """Standard error as text, without the blanks around it."""
        return self.errors.decode(errors="replace").strip()

    @property
    def reason(self) -> str:
        """The last line that a failed command said, else its exit code."""
        lines = (self.err or self.out).splitlines()
        return lines[-1] if lines else f"exit code {self.code}"


def run(client: SSHClient, *words: str, stdin: bytes = b"", patience: float = PATIENCE) -> Answer:
    """Run a command whose words reach the program as they are, whatever is in them.

    Raises ConnectionLost when the connection broke, and AccessError when the command had not ended after `patience`
    seconds, whose connection is closed then, or when a signal ended it.
    """
    from paramiko import SSHException

    what, deadline = f"remote command {words[0]!r}", monotonic() + patience
    limit = Timer(patience, client.close)  # which ends whatever this waits for
    limit.daemon = True
    limit.start()
    try:
        answer = _answer(client, shlex.join(words), stdin)
    except (SSHException, EOFError, OSError):
        answer = None
    finally:
        limit.cancel()
    if answer and answer.code >= 0:
        return answer
    if monotonic() >= deadline:
        raise AccessError(f"{what}: no answer within {patience:g} s")
    if _has_ended(client):
        raise ConnectionLost(f"{what}: the connection broke")
    raise AccessError(f"{what}: a signal ended it" if answer else f"{what}: the host starts no more commands")


def _answer(client: SSHClient, line: str, stdin: bytes) -> Answer:
    transport = client.get_transport()
    if transport is None:
        raise EOFError
    # All at once: a program that is not read from may stop reading what it is sent.
    with ThreadPoolExecutor(2) as pool, _opened(transport) as channel:
        channel.exec_command(line)
        pool.submit(_send, channel, stdin)
        errors = pool.submit(_read, channel.recv_stderr)
        output = _read(channel.recv)
        return Answer(channel.recv_exit_status(), output, errors.result())


def _opened(transport: Transport) -> Channel:
    """Return a channel; a host that has few of them lets go of one a moment after its command has ended."""
    from paramiko import ChannelException

    for pause in _PAUSES:
        try:
            return transport.open_session()
        except ChannelException:
            sleep(pause)
    return transport.open_session()


def _send(channel: Channel, data: bytes) -> None:
    from contextlib import suppress

    with suppress(OSError, EOFError):  # a program that does not want all of it says why by its exit code
        channel.sendall(data)
        channel.shutdown_write()


def _read(receive: Callable[[int], bytes]) -> bytes:
    data = bytearray()
    while piece := receive(_PIECE):
        data += piece[: _MOST - len(data)]
    return bytes(data)


def _has_ended(client: SSHClient) -> bool:
    transport = client.get_transport()
    if transport is not None:
        transport.join(_LAST_BREATH)  # it lets go of commands first
    return transport is None or not transport.is_active()
