"""Settings that belong to no flavor: resources, images, retries and schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from ..contracts.component import About, Settings
from .cron import check_cron

_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([KMGTP])(i?)B?\Z")


def memory_bytes(text: str) -> int:
    """Return the bytes that `16GB` (powers of 1000) or `8GiB` (of 1024) mean; raise ValueError for other text."""
    match = _MEMORY.match(text)
    size = float(match[1]) * (1024 if match[3] else 1000) ** ("KMGTP".index(match[2]) + 1) if match else 0
    if size < 1:
        raise ValueError(f"{text!r} is no amount of memory such as '512MB', '16GB' or '8GiB'")
    return int(size)


def _memory(text: str) -> str:
    memory_bytes(text)
    return text


def _cron(text: str) -> str:
    check_cron(text)
    return text


class ResourceSettings(Settings):
    """Hardware for one step. What the orchestrator cannot give is an error unless `strict_resources` is off."""

    cpu_count: Annotated[float | None, About("CPU cores; a fraction shares one.", gt=0)] = None
    gpu_count: Annotated[int | None, About("Whole GPUs.", ge=0)] = None
    gpu_class: Annotated[str | None, About("Kind of GPU, in the orchestrator's own words.")] = None
    memory: Annotated[str | None, About("Such as 16GB or 8GiB.", then=_memory)] = None
    strict_resources: Annotated[bool, About("Refuse a run that cannot have all of this.")] = True


class DockerBuildOptions(Settings):
    """How one image build goes."""

    build_options: Mapping[str, str | int | bool | list[str] | dict[str, str]] = {}
    dockerignore: str | None = None


class DockerSettings(Settings):
    """The image that steps run in, for orchestrators that use images."""

    parent_image: str | None = None
    image_tag: str | None = None
    dockerfile: str | None = None
    build_context_root: str | None = None
    parent_image_build_config: DockerBuildOptions | None = None
    skip_build: bool = False
    prevent_build_reuse: bool = False
    target_repository: str | None = None
    python_package_installer: Literal["uv", "pip"] = "uv"
    python_package_installer_args: Mapping[str, str | int | bool | list[str] | None] = {}
    disable_automatic_requirements_detection: bool = True
    replicate_local_python_environment: bool = False
    pyproject_path: str | None = None
    pyproject_export_command: list[str] | None = None
    requirements: Annotated[str | list[str] | None, About("A requirements file, or requirements.")] = None
    required_integrations: Sequence[str] = ()
    install_stack_requirements: bool = True
    local_project_install_command: str | None = None
    apt_packages: Sequence[str] = ()
    environment: Annotated[Mapping[str, str], About("Variables while the image is built.")] = {}
    runtime_environment: Annotated[Mapping[str, str], About("Variables while steps run.")] = {}
    user: str | None = None
    build_config: DockerBuildOptions | None = None
    allow_including_files_in_images: bool = True
    allow_download_from_code_repository: bool = True
    allow_download_from_artifact_store: bool = True

    def conflicts(self) -> Iterator[str]:
        """Yield what is set without the field that it needs."""
        if self.skip_build and not self.parent_image:
            yield "skip_build needs parent_image, the image to use as it is"
        if self.build_context_root and not self.dockerfile:
            yield "build_context_root needs dockerfile"


class StepRetryConfig(Settings):
    """Attempts after the first one; the n-th waits `delay * backoff ** (n - 1)` seconds, a backoff of 0 meaning 1."""

    max_retries: Annotated[int, About(ge=0)] = 1
    delay: Annotated[float, About("Seconds.", ge=0)] = 0
    backoff: Annotated[float, About(ge=0)] = 1


class Schedule(Settings):
    """When a pipeline runs by itself: by cron expression, at an interval from a start, or once."""

    name: str | None = None
    cron_expression: Annotated[str | None, About(then=_cron)] = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    interval_second: Annotated[timedelta | None, About("A timedelta, or seconds.")] = None
    catchup: Annotated[bool, About("Run what was due while the scheduler was down.")] = False
    run_once_start_time: datetime | None = None

    def conflicts(self) -> Iterator[str]:
        """Yield what is missing, given twice or out of order."""
        given = [self.cron_expression, self.interval_second, self.run_once_start_time]
        if sum(value is not None for value in given) != 1:
            yield "give one of cron_expression, interval_second and run_once_start_time"
        if self.interval_second is not None:
            if self.start_time is None:
                yield "interval_second needs start_time"
            if self.interval_second <= timedelta(0):
                yield "interval_second must be more than no time"
        if self.start_time and self.end_time and _comparable(self.end_time) <= _comparable(self.start_time):
            yield "end_time must come after start_time"


def _comparable(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.astimezone()
