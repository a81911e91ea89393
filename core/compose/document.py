"""The Compose file of a graph: one service for each job, the same text for the same graph.

Compose v1 and v2 read it alike. What differs between hosts and firings is a variable that supervise.sh sets; every
other `$` is a job's own, and doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from ..contracts.graph_orchestrator import EACH_RUN, ENDS_FOLDER, GPU_LOCKS_FOLDER, HANDLE_VARIABLE
from ..dataclass import dataclass, field
from ..execution.job_document import SECRETS_FILE

if TYPE_CHECKING:
    from ..contracts.graph_orchestrator import Graph
    from ..contracts.job_orchestrator import Job
    from ..spec import JSON

STOP_GRACE = 10
"""Seconds between SIGTERM and SIGKILL; containers.sh has them, too."""
_HEAD = "# Made by podium. supervise.sh starts the services in order, the last one whatever became of the others.\n"
_LEAST_CPU = 0.01
_GATEWAY = "host.docker.internal:host-gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """What a job's container gets beside what the job says.

    `mounts` are files and folders of the host, by their paths there, with their paths in the container. A step that
    asks for GPUs gets those of the indices `gpus`, all when None, and none unless `gpu`. `extra` holds keys of a
    Compose service, as run_options.py makes them.
    """

    mounts: Mapping[str, str] = field(default_factory=dict)
    gpu: bool = True
    gpus: Sequence[int] | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)


def compose_file(graph: Graph, options: Callable[[Job], ServiceOptions]) -> str:
    """Return the Compose file of a graph; no secret is in it."""
    from ..store.plain_yaml import to_yaml

    first = [graph.begin.name] if graph.begin else []
    waits_for = {step.job.name: [*first, *step.upstream] for step in graph.steps}
    services: dict[str, JSON] = {}
    for job in graph.jobs:
        own = _service(job, options(job), waits_for.get(job.name, []))
        if job is graph.begin:
            own["environment"] = {**_mapping(own["environment"]), HANDLE_VARIABLE: "${PODIUM_HANDLE}"}
        if job is graph.end:
            own["volumes"] = [*_list(own["volumes"]), _bind("./ends", ENDS_FOLDER, read_only=True)]
        services[job.name] = {key: value for key, value in own.items() if value not in ({}, [])}
    return _HEAD + to_yaml({"services": services})


def compose_v2_file(graph: Graph, options: Callable[[Job], ServiceOptions]) -> str | None:
    """Return what Compose v2 is to read after the Compose file, None for nothing.

    It would make a folder of root's of a mount whose source is missing. Version 1 does not, and has no word for it.
    """
    from ..store.plain_yaml import to_yaml

    strict: JSON = {"create_host_path": False}
    services: dict[str, JSON] = {
        job.name: {"volumes": [{**mount, "bind": strict} for mount in _mounts(options(job))]}
        for job in graph.jobs
        if options(job).mounts
    }
    return to_yaml({"services": services}) if services else None


def cpu_thousandths(job: Job) -> int:
    """Return what of the host's processors a job counts for: one, unless it says another number."""
    return round(max(job.resources.cpu_count or 1, _LEAST_CPU) * 1000)


def _service(job: Job, options: ServiceOptions, waits_for: Sequence[str]) -> dict[str, JSON]:
    extra = dict(options.extra)
    volumes: list[JSON] = [*_mounts(options)]
    if job.secrets:
        volumes.append(_bind(f"./secrets/{job.name}.json", SECRETS_FILE, read_only=True))
    own: dict[str, JSON] = {
        "image": _literal(job.image),
        "command": [_literal(word) for word in job.command],
        "depends_on": {name: {"condition": "service_completed_successfully"} for name in waits_for},
        "environment": {"USER": "${PODIUM_USER_NAME}", **_texts(job.environment)},
        "labels": _texts(job.labels),
        "user": "${PODIUM_USER}",
        "network_mode": "bridge",
        "init": True,
        "restart": "no",
        "stop_grace_period": f"{STOP_GRACE}s",
        "logging": {"driver": "local"},
        "volumes": volumes,
        "extra_hosts": [] if str(extra.get("network_mode")).startswith("container:") else [_GATEWAY],
        **_limits(job),
    }
    if job.resources.gpu_count and options.gpu:
        volumes.append(_bind("${PODIUM_GPU_LOCKS}", GPU_LOCKS_FOLDER))
        own["deploy"] = {"resources": {"reservations": {"devices": [_gpus(options.gpus)]}}}
    return _merged(own, extra)


def _limits(job: Job) -> dict[str, JSON]:
    """Return what the job asks for; a host with fewer processors takes `cpus` down where the step lets it."""
    found: dict[str, JSON] = {}
    resources = job.resources
    if resources.cpu_count:
        cpus = max(resources.cpu_count, _LEAST_CPU)
        found["cpus"] = cpus if resources.strict else f"${{PODIUM_CPUS_{cpu_thousandths(job)}:-{cpus}}}"
    if resources.memory:
        found |= {"mem_limit": resources.memory, "memswap_limit": resources.memory}
    return found


def _gpus(indices: Sequence[int] | None) -> dict[str, JSON]:
    which: dict[str, JSON] = {"count": "all"} if indices is None else {"device_ids": [str(index) for index in indices]}
    return {"driver": "nvidia", **which, "capabilities": ["gpu"]}


def _mounts(options: ServiceOptions) -> list[dict[str, JSON]]:
    return [_bind(_literal(source), _literal(target)) for source, target in options.mounts.items()]


def _bind(source: str, target: str, *, read_only: bool = False) -> dict[str, JSON]:
    found: dict[str, JSON] = {"type": "bind", "source": source, "target": target}
    return {**found, "read_only": True} if read_only else found


def _merged(own: Mapping[str, JSON], extra: Mapping[str, JSON]) -> dict[str, JSON]:
    """Add the user's keys: podium's names in mappings win, lists are joined, and the user's other values win."""
    found = dict(own)
    for key, value in extra.items():
        given = _escaped(value)
        if isinstance(given, dict):
            found[key] = {**given, **_mapping(own.get(key, {}))}
        elif isinstance(given, list):
            found[key] = [*given, *_list(own.get(key, []))]
        else:
            found[key] = given
    return found


def _escaped(value: JSON) -> JSON:
    if isinstance(value, str):
        return _literal(value)
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    return value


def _literal(text: str) -> str:
    """Return what Compose makes the text of again; the id of each firing's run in its place."""
    return text.replace("$", "$$").replace(EACH_RUN, "${PODIUM_RUN_ID}")


def _texts(given: Mapping[str, str]) -> dict[str, JSON]:
    return {name: _literal(text) for name, text in given.items()}


def _mapping(value: JSON) -> dict[str, JSON]:
    return cast("dict[str, JSON]", value)


def _list(value: JSON) -> list[JSON]:
    return cast("list[JSON]", value)
