"""The servers that components reach for."""

from compose_host import first, hyperai, second, ssh
from servers.fixtures import (
    authority,
    aws,
    aws_home,
    azure_container,
    azurite,
    docker_engine,
    gcs,
    gcs_bucket,
    registry,
    s3_bucket,
    ssh_home,
    ssh_keys,
    ssh_server,
    trusted,
)

__all__ = [
    "authority",
    "aws",
    "aws_home",
    "azure_container",
    "azurite",
    "docker_engine",
    "first",
    "gcs",
    "gcs_bucket",
    "hyperai",
    "registry",
    "s3_bucket",
    "second",
    "ssh",
    "ssh_home",
    "ssh_keys",
    "ssh_server",
    "trusted",
]
