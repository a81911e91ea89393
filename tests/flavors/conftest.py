"""The servers that components reach for."""

from servers.fixtures import (
    authority,
    aws,
    aws_home,
    docker_engine,
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
    "docker_engine",
    "registry",
    "s3_bucket",
    "ssh_home",
    "ssh_keys",
    "ssh_server",
    "trusted",
]
