"""What a host needs before pipelines run on it with Docker Compose: programs, permissions and room on its disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..contracts.component import Finding
from ..dataclass import replace
from ..errors import PodiumError
from .host_config import ComposeHostConfig
from .host_facts import HostFacts

if TYPE_CHECKING:
    from .host import ComposeHost

_MOST_SKEW = 60.0
_PROGRAMS = ("tar", "setsid")


def check_hosts(
    hosts: Sequence[ComposeHost],
    config: ComposeHostConfig,
    more: Callable[[ComposeHost], Iterable[Finding]] = lambda _: (),
) -> Iterator[Finding]:
    """Yield what each host has and lacks; what keeps runs from one is a warning while there is another to run on.

    `more` is asked about the hosts that have what they need.
    """

    def found(host: ComposeHost) -> list[Finding]:
        findings: list[Finding] = []
        try:
            facts = host.facts
            findings.append(Finding("ok", f"{host.name} lets {host.session.username!r} in"))
            findings += [*check_host(facts, host.name, config), _gpus(facts, host.name)]
            if _can_run(findings):
                findings += more(host)
        except PodiumError as error:
            findings.append(Finding("fail", error.message, error.hint))
        return findings

    with ThreadPoolExecutor(len(hosts)) as pool:
        findings = list(pool.map(found, hosts))
    able = any(_can_run(host) for host in findings)
    for finding in (finding for host in findings for finding in host):
        yield replace(finding, level="warn") if able and finding.level == "fail" else finding


def check_host(facts: HostFacts, host: str, config: ComposeHostConfig) -> Iterator[Finding]:
    """Yield what is there and what is missing; with a `fail` among it, no run can start there."""
    yield _docker(facts, host, config.docker_binary)
    if facts.docker_fault != "missing":
        yield _compose(facts, host)
    for program in _PROGRAMS:
        if program not in facts.programs:
            yield Finding("fail", f"{host} has no program {program!r}", "install it there")
    if "crontab" not in facts.programs:
        yield Finding("warn", f"{host} has no program 'crontab', so nothing can be scheduled", "install cron there")
    yield _room(facts, host, config)
    if abs(facts.skew) > _MOST_SKEW:
        ahead = f"{abs(facts.skew):.0f} s {'ahead of' if facts.skew > 0 else 'behind'}"
        yield Finding("warn", f"{host}: its clock is {ahead} this machine's", "have both keep time by NTP")


def _gpus(facts: HostFacts, host: str) -> Finding:
    """Return what the host has of GPUs, which not every pipeline asks for."""
    if not facts.gpus:
        return Finding("ok", f"{host} has no GPUs that nvidia-smi lists")
    names = ", ".join(gpu.name for gpu in facts.gpus)
    if facts.gpu_runtime:
        return Finding("ok", f"{host}: {len(facts.gpus)} GPUs for containers: {names}")
    hint = "there: install the NVIDIA container toolkit, then: nvidia-ctk runtime configure --runtime=docker"
    return Finding("warn", f"{host}: Docker cannot give its GPUs to containers: {names}", hint)


def _can_run(findings: Iterable[Finding]) -> bool:
    return all(finding.level != "fail" for finding in findings)


def _docker(facts: HostFacts, host: str, docker: str) -> Finding:
    fault = facts.docker_fault
    if not fault:
        return Finding("ok", f"{host}: Docker {facts.engine}")
    if fault == "missing":
        return Finding("fail", f"{host} has no program {docker!r}", "install Docker there, or set docker_binary")
    if "permission denied" in fault.lower():
        hint = "there: sudo usermod -aG docker USER, then log in again"
        return Finding("fail", f"{host}: this user may not use Docker", hint)
    said = "" if fault == "silent" else f": {fault}"
    return Finding("fail", f"{host}: the Docker engine does not answer{said}", "start Docker there")


def _compose(facts: HostFacts, host: str) -> Finding:
    if facts.compose:
        return Finding("ok", f"{host}: Compose {facts.compose[0]}")
    return Finding("fail", f"{host} has no Docker Compose", "install docker-compose-plugin or docker-compose there")


def _room(facts: HostFacts, host: str, config: ComposeHostConfig) -> Finding:
    folder, wanted = config.remote_workdir, config.minimum_free_disk_gb
    if not facts.writable:
        return Finding("fail", f"{host}: this user may not write to {folder}", "set remote_workdir to another folder")
    if facts.free is None:
        return Finding("fail", f"{host}: the room on its disk cannot be told: {facts.disk}", "see `df` there")
    free = facts.free / 1e9
    if free < wanted:
        hint = "free some there, or set remote_workdir or minimum_free_disk_gb"
        return Finding("fail", f"{host}: {free:.1f} GB are free for {folder}, {wanted:g} GB are wanted", hint)
    return Finding("ok", f"{host}: {free:.0f} GB are free for {folder}")
