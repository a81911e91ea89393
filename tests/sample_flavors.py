"""Flavors of a cloud that does not exist, for tests of what stacks are made of."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from podium.core.artifacts.local import LocalFiles
from podium.core.contracts.artifact_store_flavor import ArtifactStoreFlavor
from podium.core.contracts.component import About, Component, Finding, Settings
from podium.core.contracts.orchestrator import Capabilities, Orchestrator
from podium.core.paths import default_store_path
from podium.core.secrets.secret import Secret
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import FlavorRecord


class CloudConfig(Settings):
    region: Annotated[str, About("Where it runs.")]
    ticket: Annotated[Secret | None, About("What lets one in.")] = None
    size: Annotated[int, About("Machines.", ge=1)] = 1


class Cloud(Orchestrator[CloudConfig]):
    """Runs steps elsewhere, from images."""

    flavor = "cloud"
    config_class = CloudConfig
    capabilities = Capabilities(granularity="step", remote=True, images=True, schedules=True)

    def check(self) -> Iterator[Finding]:
        if self.config.region == "hanging":
            threading.Event().wait(60)
        if self.config.region == "broken":
            raise RuntimeError("the SDK fell over")
        if self.config.region == "mars":
            yield Finding("fail", "there is no region 'mars'", "podium orchestrator update NAME --region=…")
            yield Finding("warn", "it would be far away")


class BucketConfig(Settings):
    url: Annotated[str, About("The bucket.")]


class Bucket(ArtifactStoreFlavor[BucketConfig]):
    """Keeps artifacts where every machine reaches them."""

    flavor = "bucket"
    config_class = BucketConfig
    connector_resource: ClassVar[str | None] = "nimbus-bucket"

    def resource_id(self) -> str:
        return self.config.url.removeprefix("bucket://")

    def open(self) -> LocalFiles:
        return LocalFiles(default_store_path())


class HubConfig(Settings):
    uri: Annotated[str, About("Address.")]


class Hub(Component[HubConfig]):
    """A registry that wants a login."""

    flavor = "hub"
    config_class = HubConfig
    connector_resource: ClassVar[str | None] = "docker-registry"
    connector_required = True


class Kiln(Component[Settings]):
    """Builds images."""

    flavor = "kiln"


SAMPLES = {"orchestrator": Cloud, "artifact-store": Bucket, "container-registry": Hub, "image-builder": Kiln}


def register_samples(store: ConfigStore) -> None:
    """Make the flavors known to a store."""
    for kind, flavor in SAMPLES.items():
        source = f"{__name__}.{flavor.__name__}"
        store.flavors(kind).add(FlavorRecord(kind, flavor.flavor, source, str(Path(__file__).parent)))
