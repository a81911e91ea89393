"""Builds by the engine's own builder, which every engine has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING

from .build_context import DOCKERFILE
from .build_log import BuildLog
from .engine import asking

if TYPE_CHECKING:
    from docker import DockerClient

    from ..sdk.docker_values import BuildOption

_STEP = re.compile(r"Step \d+/\d+ : (.*)")
_BUILDERS_OWN = (" ---> ", "Removing intermediate container ", "Successfully built ")


def build(
    client: DockerClient,
    context: IO[bytes],
    options: Mapping[str, BuildOption],
    *,
    what: str,
    output: Callable[[str], None],
) -> str:
    """Build and return the image's id; nothing has its name yet. `options` are the SDK's; raises PodiumError."""
    log, image, fault = BuildLog(output), "", ""
    with asking(what):
        messages = client.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=DOCKERFILE,
            rm=True,
            decode=True,
            **{"forcerm": True, **options},
        )
        for message in messages:
            fault = str(message.get("error", fault))
            image = message.get("aux", {}).get("ID", image)
            for line in str(message.get("stream", "")).splitlines():
                step = _STEP.match(line)
                if step:
                    log.begin(step[1])
                log.add(line, None if step or line.startswith(_BUILDERS_OWN) else line)
    if fault:
        raise log.failure(fault, what)
    return image
