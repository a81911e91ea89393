"""Settings that belong to no flavor: resources, images and retries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from ..contracts.component import About, Settings
from . import docker_values

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


class ResourceSettings(Settings):
    """Hardware for one step. What the orchestrator cannot give is an error unless `strict_resources` is off."""

    cpu_count: Annotated[float | None, About("CPU cores; a fraction shares one.", gt=0)] = None
    gpu_count: Annotated[int | None, About("Whole GPUs.", ge=0)] = None
    gpu_class: Annotated[str | None, About("Kind of GPU, in the orchestrator's own words.")] = None
    memory: Annotated[str | None, About("Such as 16GB or 8GiB.", then=_memory)] = None
    strict_resources: Annotated[bool, About("Refuse a run that cannot have all of this.")] = True


class DockerBuildConfig(Settings):
    """How one image is built."""

    build_options: Annotated[
        Mapping[str, docker_values.BuildOption],
        About("Options of Docker's SDK, such as buildargs or network_mode.", then=docker_values.build_options),
    ] = {}
    dockerignore: Annotated[str | None, About("File that says what to leave out of the build context.")] = None


class DockerSettings(Settings):
    """The image that steps run in, for orchestrators that use images. Paths are relative to the source root."""

    parent_image: Annotated[
        str | None,
        About("Image to build on; python:X.Y-slim of this Python by default.", then=docker_values.image),
    ] = None
    dockerfile: Annotated[str | None, About("A Dockerfile of your own, built first; the image is built on it.")] = None
    build_context_root: Annotated[str | None, About("Folder that `dockerfile` copies from.")] = None
    parent_image_build_config: Annotated[DockerBuildConfig | None, About("How `dockerfile` is built.")] = None
    build_config: Annotated[DockerBuildConfig | None, About("How the image itself is built.")] = None
    platform: Annotated[
        str | None, About("Such as linux/amd64; what the steps run on by default.", then=docker_values.platform)
    ] = None
    skip_build: Annotated[bool, About("Use parent_image as it is: podium and all else is in it.")] = False
    prevent_build_reuse: Annotated[bool, About("Build for each run, even what is there.")] = False
    image_tag: Annotated[str | None, About("A further tag for the image.", then=docker_values.tag)] = None
    target_repository: Annotated[
        str | None, About("Repository in the container registry.", then=docker_values.repository)
    ] = None
    apt_packages: Annotated[
        Sequence[str], About("Packages of the system, for parents with apt.", then=docker_values.apt_packages)
    ] = ()
    python_package_installer: Annotated[Literal["uv", "pip"], About("What installs Python packages.")] = "uv"
    python_package_installer_args: Annotated[
        Mapping[str, str | int | bool | list[str] | None],
        About(
            "Its options, without `--`; None or True gives one without a value. no-deps and require-hashes "
            "hold for your requirements, the others for podium's as well.",
            then=docker_values.installer_args,
        ),
    ] = {}
    requirements: Annotated[
        str | list[str] | None,
        About("A requirements file, with hashes if need be, or requirements.", then=docker_values.one_line),
    ] = None
    pyproject_path: Annotated[
        str | None, About("A pyproject.toml whose dependencies to install, as its uv.lock has them if there is one.")
    ] = None
    pyproject_export_command: Annotated[
        list[str] | None,
        About("Prints pyproject_path's requirements, run in its folder, which {directory} stands for as well."),
    ] = None
    disable_automatic_requirements_detection: Annotated[
        bool, About("Off: without other requirements, take requirements.txt or pyproject.toml of the source root.")
    ] = True
    replicate_local_python_environment: Annotated[
        bool,
        About("Install what is installed here, in the same versions; what has no index or repository is left out."),
    ] = False
    required_integrations: Annotated[Sequence[str], About("Integrations of podium that steps use.")] = ()
    install_stack_requirements: Annotated[bool, About("Install what the stack's components need in steps.")] = True
    local_project_install_command: Annotated[
        str | None,
        About(
            "Shell command that installs your project, run in the code, which is then part of the image.",
            then=docker_values.secretless,
        ),
    ] = None
    environment: Annotated[
        Mapping[str, str],
        About("Variables of the image, for its build and for steps.", then=docker_values.environment),
    ] = {}
    runtime_environment: Annotated[
        Mapping[str, str],
        About("Variables for steps only: changed, they have nothing installed anew.", then=docker_values.environment),
    ] = {}
    user: Annotated[str | None, About("User that steps run as; the parent's by default.", then=docker_values.user)] = (
        None
    )
    allow_including_files_in_images: Annotated[bool, About("Let code be part of images where it has to be.")] = True
    allow_download_from_artifact_store: Annotated[
        bool, About("Off: code is part of the image, so that each change of it makes another image.")
    ] = True
    allow_download_from_code_repository: Annotated[
        bool, About("Of no effect: steps have code from the artifact store or from their image, never from there.")
    ] = True

    @property
    def code_in_image(self) -> bool:
        """Say whether the image has to hold the code."""
        return self.local_project_install_command is not None or not self.allow_download_from_artifact_store

    def conflicts(self) -> Iterator[str]:
        """Yield what is set without what it needs, with what excludes it, or with a secret in it."""
        from ..secrets.references import references
        from ..validation import as_json

        yield from self._parents()
        yield from self._ways_of_code()
        if self.pyproject_export_command and not self.pyproject_path and self.disable_automatic_requirements_detection:
            yield "pyproject_export_command needs pyproject_path"
        if self.build_config and self.build_config.dockerignore:
            yield "build_config has no use for dockerignore: what podium puts into the context is all needed"
        if self.build_config and "target" in self.build_config.build_options:
            yield "build_config has no use for target: podium's Dockerfile has one stage"
        for name, value in as_json(self).items():
            if list(references(value)):
                yield f"{name} refers to a secret, which all who have the image could read; steps have secrets=[…]"

    def _parents(self) -> Iterator[str]:
        if self.skip_build:
            yield from self._build_skipped()
        if self.dockerfile and self.parent_image:
            yield "give dockerfile or parent_image: each is what the image is built on"
        for name in ("build_context_root", "parent_image_build_config"):
            if getattr(self, name) and not self.dockerfile:
                yield f"{name} needs dockerfile"

    def _ways_of_code(self) -> Iterator[str]:
        if self.local_project_install_command and not self.allow_including_files_in_images:
            yield "local_project_install_command needs allow_including_files_in_images"
        if not (self.allow_including_files_in_images or self.allow_download_from_artifact_store):
            yield "code reaches no step without allow_including_files_in_images or allow_download_from_artifact_store"

    def _build_skipped(self) -> Iterator[str]:
        if not self.parent_image:
            yield "skip_build needs parent_image, the image to use as it is"
        if not self.allow_download_from_artifact_store:
            yield "skip_build needs allow_download_from_artifact_store: no image is built that could hold the code"
        kept = {"parent_image", "skip_build", "platform"}
        for name, value in self.given().items():
            if name not in kept and not name.startswith("allow_") and value != getattr(type(self), name):
                yield f"skip_build leaves parent_image as it is, without {name}"


class StepRetryConfig(Settings):
    """Attempts after the first one; the n-th waits `delay * backoff ** (n - 1)` seconds, a backoff of 0 meaning 1."""

    max_retries: Annotated[int, About(ge=0)] = 1
    delay: Annotated[float, About("Seconds.", ge=0)] = 0
    backoff: Annotated[float, About(ge=0)] = 1
