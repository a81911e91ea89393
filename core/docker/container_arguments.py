"""What the container of a job is made with: podium's arguments of the Docker SDK, and `run_args`, the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..execution.job_document import SECRETS_FILE
from ..names import did_you_mean
from ..records.documents import user_name
from ..sdks import require

if TYPE_CHECKING:
    from ..contracts.job_orchestrator import Job

_API = "1.41"
_INSTEAD = {
    "auto_remove": "keep_containers",
    "command": None,
    "detach": None,
    "entrypoint": None,
    "environment": "@step(environment=...), which keeps secrets out of sight",
    "image": "the settings 'docker'",
    "name": None,
    "remove": "keep_containers",
    "restart_policy": "@step(retry=...)",
    "stderr": None,
    "stdin_open": None,
    "stdout": None,
    "stream": None,
    "tty": None,
    "version": None,
}
"""What podium sets itself, and what a user sets in its place."""
_RENAMED = {"ports": "port_bindings", "volumes": "binds", "network": "network_mode"}
_LEAST_CPU = 0.01
_GATEWAY = {"host.docker.internal": "host-gateway"}


def checked(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return `run_args` as they are; raise ValueError with all that is wrong, MissingToolError without the SDK."""
    faults = list(_faults(given)) if given else []
    if faults:
        raise ValueError("; ".join(faults))
    return given


def of_job(
    job: Job, given: Mapping[str, object], *, secrets: Path | None, processors: int, rootless: bool
) -> dict[str, object]:
    """Return the arguments for a job's container: what the user gives beats defaults, and adds to what podium needs.

    The job's resources beat the user's limits. In a rootless engine this user is root.
    """
    from docker.types import DeviceRequest, Mount

    given, this_user = dict(given), "user" not in given
    default: Any = given.pop("cpu_count", None)  # which the engine knows on Windows only
    cpus = job.resources.cpu_count or default
    mounts = [Mount(str(job.folder), str(job.folder), "bind")] if job.folder else []
    if secrets:
        mounts.append(Mount(SECRETS_FILE, str(secrets), "bind", read_only=True))
    own: dict[str, object] = {
        "name": job.name,
        "labels": dict(job.labels),
        "environment": {**({"USER": user_name()} if this_user else {}), **job.environment},
        "mounts": mounts,
        "extra_hosts": {} if str(given.get("network_mode")).startswith("container:") else _GATEWAY,
    }
    if cpus:
        own["nano_cpus"] = round(min(max(cpus, _LEAST_CPU), processors) * 1e9)
    if job.resources.memory:
        own["mem_limit"] = job.resources.memory
    if job.gpus:
        own["device_requests"] = [DeviceRequest(device_ids=list(job.gpus), capabilities=[["gpu"]])]
    arguments = {**_defaults(rootless=rootless, this_user=this_user), **_merged(own, given)}
    if "mem_limit" in arguments:
        arguments.setdefault("memswap_limit", arguments["mem_limit"])
    return arguments


def _defaults(*, this_user: bool, rootless: bool) -> dict[str, object]:
    found: dict[str, object] = {"init": True, "log_config": {"type": "local"}}
    if this_user and rootless:
        found["user"] = "0:0"
    elif this_user:
        found |= {"user": f"{os.getuid()}:{os.getgid()}", "group_add": os.getgroups()}
    return found


def _merged(own: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    found = {**given, **own}
    for name in own.keys() & given.keys():
        if isinstance(own[name], dict):
            found[name] = {**_mapping(given[name]), **_mapping(own[name])}
        elif isinstance(own[name], list):
            found[name] = [*_list(given[name]), *_list(own[name])]
    return found


def _mapping(given: object) -> dict[str, object]:
    """Return labels and hosts as a mapping, which may be given as a list of names or of `name:address`."""
    if isinstance(given, list):
        return {name: value for name, _, value in (str(item).partition(":") for item in given)}
    return given if isinstance(given, dict) else {}


def _list(given: object) -> list[object]:
    return given if isinstance(given, list) else []


def _faults(given: Mapping[str, object]) -> Iterator[str]:
    models = require("docker.models.containers", "docker")
    types = require("docker.types", "docker")
    of_host = {*models.RUN_HOST_CONFIG_KWARGS, *_RENAMED}
    known = {*models.RUN_CREATE_KWARGS, *of_host, "networking_config"} - set(_INSTEAD)
    for name, value in given.items():
        if name in _INSTEAD:
            yield f"podium sets {name!r} itself{f': use {_INSTEAD[name]}' if _INSTEAD[name] else ''}"
        elif name not in known:
            hint = did_you_mean(name, known)
            yield f"the Docker SDK has no argument {name!r}{f', {hint}' if hint else ''}"
        elif name in of_host:
            try:
                types.HostConfig(_API, **{_RENAMED.get(name, name): value})
            except Exception as error:  # noqa: BLE001 - the SDK has errors of its own, and stumbles over odd values
                yield f"the Docker SDK does not take this value of {name!r} ({type(error).__name__})"
