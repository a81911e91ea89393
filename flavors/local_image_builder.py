"""The local image builder: the Docker engine of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from ..core.contracts.component import Finding, NoSettings
from ..core.contracts.image_builder import BuiltImage, ImageBuilder, ImageOrder
from ..core.docker.engine import PATIENCE, check_engine, connect


class LocalImageBuilder(ImageBuilder[NoSettings]):
    """Build images with the Docker engine of this machine."""

    flavor = "local"

    def check(self) -> Iterator[Finding]:
        """Say whether a Docker engine answers."""
        return check_engine()

    def build(self, order: ImageOrder, output: Callable[[str], None]) -> BuiltImage:
        """Build with BuildKit where the engine and Docker's command line have it, then push."""
        from ..core.code.archive import in_words
        from ..core.display.text import duration
        from ..core.docker.build import build, name_it
        from ..core.docker.transfer import push

        started = time.monotonic()
        with closing(connect(PATIENCE)) as client:
            image = build(client, order, output)
            for name in order.names:
                name_it(client, image, name)
            built = time.monotonic()
            account = f"built in {duration(built - started)}"
            if order.registry is None:
                return BuiltImage(image, account)
            digest, size = push(client, order.names[0], order.registry, order.login)
            for name in order.names[1:]:
                push(client, name, order.registry, order.login)
        repository, _, _ = order.names[0].rpartition(":")
        pushed = f"pushed {in_words(size)} in {duration(time.monotonic() - built)}"
        return BuiltImage(f"{repository}@{digest}", f"{account}, {pushed}")

    def find(self, names: Sequence[str]) -> str | None:
        """Return the id of the image that the engine has under all these names."""
        from ..core.docker.build import find

        with closing(connect()) as client:
            ids = {find(client, name) for name in names}
        return ids.pop() if len(ids) == 1 else None
