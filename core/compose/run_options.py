"""Options of `docker run`, as a list of words, turned into keys of a Compose service that v1 and v2 both know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass
from ..names import did_you_mean

if TYPE_CHECKING:
    from ..spec import JSON

_SIZE = re.compile(r"\d+(\.\d+)?[bkmgBKMG]?[bB]?\Z")


@dataclass(frozen=True, slots=True)
class _Option:
    """The key of a service, whether it takes one value, many, many `name=value` or a flag, and how text is read."""

    key: str
    takes: Literal["one", "list", "mapping", "flag"]
    read: Callable[[str], JSON] = str


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None


def _size(text: str) -> JSON:
    if text == "-1":
        return -1
    if not _SIZE.match(text):
        raise ValueError(f"{text!r} is no size such as 512m or 2g")
    return int(text) if text.isdigit() else text


def _limit(text: str) -> JSON:
    soft, _, hard = text.partition(":")
    return {"soft": _number(soft), "hard": _number(hard or soft)}


def _host(text: str) -> str:
    name, separator, address = text.replace("=", ":", 1).partition(":")
    if not (name and separator and address):
        raise ValueError(f"{text!r} is not NAME:ADDRESS")
    return f"{name}:{address}"


_OPTIONS: Mapping[str, _Option] = {
    "add-host": _Option("extra_hosts", "list", _host),
    "cap-add": _Option("cap_add", "list"),
    "cap-drop": _Option("cap_drop", "list"),
    "cgroup-parent": _Option("cgroup_parent", "one"),
    "cpu-shares": _Option("cpu_shares", "one", _number),
    "cpuset-cpus": _Option("cpuset", "one"),
    "device": _Option("devices", "list"),
    "device-cgroup-rule": _Option("device_cgroup_rules", "list"),
    "dns": _Option("dns", "list"),
    "dns-option": _Option("dns_opt", "list"),
    "dns-search": _Option("dns_search", "list"),
    "domainname": _Option("domainname", "one"),
    "group-add": _Option("group_add", "list"),
    "hostname": _Option("hostname", "one"),
    "ipc": _Option("ipc", "one"),
    "label": _Option("labels", "mapping"),
    "mac-address": _Option("mac_address", "one"),
    "memory-reservation": _Option("mem_reservation", "one", _size),
    "memory-swap": _Option("memswap_limit", "one", _size),
    "memory-swappiness": _Option("mem_swappiness", "one", _number),
    "network": _Option("network_mode", "one"),
    "oom-kill-disable": _Option("oom_kill_disable", "flag"),
    "oom-score-adj": _Option("oom_score_adj", "one", _number),
    "pid": _Option("pid", "one"),
    "pids-limit": _Option("pids_limit", "one", _number),
    "privileged": _Option("privileged", "flag"),
    "publish": _Option("ports", "list"),
    "read-only": _Option("read_only", "flag"),
    "runtime": _Option("runtime", "one"),
    "security-opt": _Option("security_opt", "list"),
    "shm-size": _Option("shm_size", "one", _size),
    "sysctl": _Option("sysctls", "mapping"),
    "tmpfs": _Option("tmpfs", "list"),
    "ulimit": _Option("ulimits", "mapping", _limit),
    "userns": _Option("userns_mode", "one"),
}
_ENVIRONMENT = "@step(environment=...), or secrets=[...] for what is one"
_IMAGE = "the settings 'docker'"
_INSTEAD = {
    "attach": None,
    "cidfile": None,
    "cpus": "ResourceSettings(cpu_count=...)",
    "detach": None,
    "entrypoint": None,
    "env": _ENVIRONMENT,
    "env-file": _ENVIRONMENT,
    "gpus": "ResourceSettings(gpu_count=...)",
    "init": None,
    "interactive": None,
    "log-driver": None,
    "log-opt": None,
    "memory": "ResourceSettings(memory=...)",
    "mount": "the setting that mounts folders of the host",
    "name": None,
    "platform": _IMAGE,
    "pull": None,
    "restart": "@step(retry=...)",
    "rm": None,
    "stop-signal": None,
    "stop-timeout": None,
    "tty": None,
    "user": "--group-add, for what the host lets a group read",
    "volume": "the setting that mounts folders of the host",
    "workdir": None,
}
"""What podium sets itself, and what a user sets in its place."""
_FLAGS = {"detach", "init", "interactive", "rm", "tty"}
_OTHER_NAMES = {
    "c": "cpu-shares",
    "d": "detach",
    "dns-opt": "dns-option",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "net": "network",
    "p": "publish",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}


def run_options(words: Sequence[str]) -> dict[str, JSON]:
    """Return the keys of a service for words such as `["--shm-size=2g", "--ipc", "host"]`.

    Raises ValueError with all that is wrong: options that are unknown or podium's own, and values that cannot be.
    """
    found: dict[str, JSON] = {}
    faults: list[str] = []
    for name, value in _given(words):
        try:
            _add(found, name, value)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return found


def _given(words: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each option's long name and value; what is no option has an empty name."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not re.match(r"--?\w", word):
            yield "", word
            continue
        short, equals, value = word.lstrip("-").partition("=")
        name = _OTHER_NAMES.get(short, short)
        flag = name in _FLAGS or (name in _OPTIONS and _OPTIONS[name].takes == "flag")
        if equals:
            yield name, value
        elif flag or not rest or rest[0].startswith("--"):
            yield name, None
        else:
            yield name, rest.pop(0)


def _add(found: dict[str, JSON], name: str, value: str | None) -> None:
    if not name:
        raise ValueError(f"{value!r} is no option of docker run")
    if name in _INSTEAD:
        raise ValueError(f"podium sets --{name} itself{f': use {_INSTEAD[name]}' if _INSTEAD[name] else ''}")
    option = _OPTIONS.get(name)
    if option is None:
        hint = did_you_mean(name, [*_OPTIONS, *_INSTEAD])
        raise ValueError(f"--{name} is no option that every Docker Compose has{f', {hint}' if hint else ''}")
    if option.takes == "flag":
        if value not in {None, "true", "false"}:
            raise ValueError(f"--{name} is true or false, not {value!r}")
        found[option.key] = value != "false"
    elif not value:
        raise ValueError(f"--{name} needs a value")
    else:
        _set(found, name, option, value)


def _set(found: dict[str, JSON], name: str, option: _Option, value: str) -> None:
    key = option.key
    try:
        if option.takes == "list":
            several = found.setdefault(key, [])
            assert isinstance(several, list)
            several.append(option.read(value))
        elif option.takes == "mapping":
            inner, _, text = value.partition("=")
            named = found.setdefault(key, {})
            assert isinstance(named, dict)
            named[inner] = option.read(text)
        else:
            found[key] = option.read(value)
    except ValueError as error:
        raise ValueError(f"--{name}: {error}") from None
