"""Builds by the engine's BuildKit, which Docker's command line has the plugin `buildx` for."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from .build_context import DOCKERFILE
from .build_log import BuildLog
from .engine import address

if TYPE_CHECKING:
    from ..sdk.docker_values import BuildOption

_BUILDX = ("docker", "buildx")
_BUILDER = ("--builder", "default")  # the engine's own
_ONLY_CLASSIC = frozenset({"isolation", "shmsize", "squash"})  # older BuildKits take a shm-size and ignore it
_ANSWER_TIME = 20.0
_QUOTE = re.compile(r" > (?:\[(?:.* )?\d+/\d+\] (?P<instruction>.*?)|.*?):?")
"""What comes before the output of the one that failed, which is an instruction or something of the builder's own."""
_END_OF_QUOTE = "------"
_PREFIXES = re.compile(r"ERROR: (?:failed to (?:solve|create LLB definition)[^:]*: |rpc error: code = \w+ desc = )*")
_TIME = re.compile(r"\d+\.\d+ ")


def has_buildkit(options: Mapping[str, BuildOption]) -> bool:
    """Say whether Docker's command line is here, with BuildKit, and BuildKit has what these options ask for."""
    if os.environ.get("DOCKER_BUILDKIT") == "0" or not _ONLY_CLASSIC.isdisjoint(options):
        return False
    try:
        asked = subprocess.run(
            [*_BUILDX, "inspect", "default"], env=_environment(), capture_output=True, timeout=_ANSWER_TIME, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def build(context: IO[bytes], options: Mapping[str, BuildOption], *, what: str, output: Callable[[str], None]) -> str:
    """Build and return the image's id; nothing has its name yet. `options` are the SDK's; raises PodiumError."""
    with tempfile.TemporaryDirectory() as folder:
        id_file = Path(folder, "id")
        command = [*_BUILDX, "build", *_BUILDER, "--load", "--progress=plain", "--file", DOCKERFILE]
        command += ["--iidfile", str(id_file), *_arguments(options), "-"]
        with subprocess.Popen(
            command,
            stdin=context,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=_environment(),
        ) as process:
            try:
                said, log = _follow(process, output)
            except BaseException:
                process.terminate()  # which cancels the build
                raise
        if process.returncode:
            raise log.failure(said, what)
        return id_file.read_text()


def _follow(process: subprocess.Popen[str], output: Callable[[str], None]) -> tuple[str, BuildLog]:
    """Take in the output until it ends; return what was said last, and the log, which knows the end of the output."""
    log, said, quoted = BuildLog(output), "", False
    assert process.stderr is not None
    for line in map(str.rstrip, process.stderr):
        quoted = quoted and line != _END_OF_QUOTE
        log.add(line, _TIME.sub("", line, count=1) if quoted else None)
        if quote := _QUOTE.fullmatch(line):
            log.begin(quote["instruction"])
            quoted = True
        if prefix := _PREFIXES.match(line):
            said = line[prefix.end() :]
    return said, log


def _arguments(options: Mapping[str, BuildOption]) -> Iterator[str]:
    flags = {"target": "target", "network_mode": "network", "platform": "platform"}
    for option, flag in flags.items():
        if option in options:
            yield f"--{flag}={options[option]}"
    for option, flag in {"nocache": "no-cache", "pull": "pull"}.items():
        if options.get(option):
            yield f"--{flag}"
    yield from (f"--cache-from={source}" for source in cast("list[str]", options.get("cache_from", [])))
    for option, flag, joint in (
        ("buildargs", "build-arg", "="),
        ("labels", "label", "="),
        ("extra_hosts", "add-host", ":"),
    ):
        pairs = cast("dict[str, str]", options.get(option, {}))
        yield from (f"--{flag}={name}{joint}{value}" for name, value in pairs.items())


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"}
    return {**kept, "DOCKER_HOST": address(), "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
