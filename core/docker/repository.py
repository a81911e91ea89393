"""One repository of a container registry: which manifests it has, asked without a Docker engine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ..errors import AccessError
from .registry import DOCKER_HUB, Login, registry_of
from .registry_api import HOW_TO_LOG_IN, Question, request

if TYPE_CHECKING:
    from ..https import Answer

_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class Repository:
    """A repository as its images are named, with or without the registry's host, asked as a user or as anybody."""

    def __init__(self, name: str, login: Login | None) -> None:
        self.name = name
        self._login = login
        self._registry = registry_of(name) if "/" in name else DOCKER_HUB
        path = name.removeprefix(f"{self._registry}/")
        self._path = f"library/{path}" if self._registry == DOCKER_HUB and "/" not in path else path

    def digest(self, tag: str) -> str | None:
        """Return the `sha256:…` of what a tag names; None when there is none, or none that this user may see.

        Raises AccessError when the registry cannot be asked.
        """
        answer = self._request("HEAD", tag)
        hidden = {401, 403} if self._login else set()  # so answer Docker Hub and GitHub where there is no repository
        if answer.status in {404, *hidden}:
            return None
        self._check(answer, tag)
        found = answer.headers["Docker-Content-Digest"]
        return found or f"sha256:{hashlib.sha256(self._manifest(tag).body).hexdigest()}"

    def tag(self, digest: str, tag: str) -> None:
        """Give an image another name; raise AccessError where that is not allowed."""
        manifest = self._manifest(digest)
        kind = {"Content-Type": manifest.headers.get_content_type()}
        self._check(self._request("PUT", tag, Question("PUT", kind, manifest.body)), tag)

    def _manifest(self, reference: str) -> Answer:
        answer = self._request("GET", reference)
        self._check(answer, reference)
        return answer

    def _request(self, method: str, reference: str, question: Question | None = None) -> Answer:
        question = question or Question(method, {"Accept": ", ".join(_MANIFESTS)})
        return request(self._registry, f"{self._path}/manifests/{reference}", question, self._login)

    def _check(self, answer: Answer, reference: str) -> None:
        if answer.status in {401, 403} and not self._login:
            raise AccessError(
                f"{self._registry} does not show {self.name} to those without a login", hint=HOW_TO_LOG_IN
            )
        if not 200 <= answer.status < 300:
            raise AccessError(
                f"{self._registry} answers {answer.status} when it is asked for {self.name}:{reference}",
                hint="may the user read and write this repository?" if answer.status < 500 else "try again later",
            )
