"""What a host needs before pipelines run on it with Docker Compose: programs, permissions and room on its disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contracts.component import Finding
from ..errors import PodiumError
from ..ssh.command import Answer, run
from .host_config import ComposeHostConfig

if TYPE_CHECKING:
    from paramiko import SSHClient

_NOT_FOUND = 127
_NOT_WRITABLE = 3
# The folder may not exist yet: the one above it that does is asked.
_ROOM = (
    'd=$1; while [ ! -d "$d" ]; do d=$(dirname -- "$d"); done; '
    f'test -w "$d" || exit {_NOT_WRITABLE}; df -Pk -- "$d" | tail -n 1'
)


def check_host(client: SSHClient, host: str, config: ComposeHostConfig) -> Iterator[Finding]:
    """Yield what is there and what is missing; `client` is logged in."""
    try:
        yield from _docker(client, host, config.docker_binary)
        yield _room(client, host, config.remote_workdir, config.minimum_free_disk_gb)
    except PodiumError as error:
        yield Finding("fail", f"{host}: {error.message}", error.hint)


def _docker(client: SSHClient, host: str, docker: str) -> Iterator[Finding]:
    engine = run(client, docker, "version", "--format", "{{.Server.Version}}")
    if engine.code == _NOT_FOUND:
        yield Finding("fail", f"{host} has no program {docker!r}", "install Docker there, or set docker_binary")
        return
    if engine.code == 0:
        yield Finding("ok", f"{host}: Docker {engine.out}")
    elif "permission denied" in engine.err.lower():
        hint = "there: sudo usermod -aG docker USER, then log in again"
        yield Finding("fail", f"{host}: this user may not use Docker", hint)
    else:
        yield Finding("fail", f"{host}: the Docker engine does not answer: {_reason(engine)}", "start Docker there")
    plugin = run(client, docker, "compose", "version", "--short")
    compose = plugin if plugin.code == 0 else run(client, "docker-compose", "version", "--short")
    if compose.code == 0:
        yield Finding("ok", f"{host}: Compose {compose.out}")
    else:
        yield Finding("fail", f"{host} has no Docker Compose", "install docker-compose-plugin or docker-compose there")


def _room(client: SSHClient, host: str, workdir: str, wanted: float) -> Finding:
    answer = run(client, "sh", "-c", _ROOM, "sh", workdir)
    if answer.code == _NOT_WRITABLE:
        return Finding("fail", f"{host}: this user may not write to {workdir}", "set remote_workdir to another folder")
    # df -P prints: file system, size, used and available KiB, use, mount point; names of file systems may have spaces.
    available = re.search(r"(\d+) +\d+% ", answer.out)
    if answer.code != 0 or available is None:
        return Finding("fail", f"{host}: the room on its disk cannot be told: {_reason(answer)}")
    free = int(available[1]) * 1024 / 1e9
    if free < wanted:
        hint = "free some there, or set remote_workdir or minimum_free_disk_gb"
        return Finding("fail", f"{host}: {free:.1f} GB are free for {workdir}, {wanted:g} GB are wanted", hint)
    return Finding("ok", f"{host}: {free:.0f} GB are free for {workdir}")


def _reason(answer: Answer) -> str:
    lines = (answer.err or answer.out).splitlines()
    return lines[-1] if lines else f"exit code {answer.code}"
