"""The servers that connectors reach for."""

from servers.fixtures import (
    authority,
    aws,
    aws_home,
    cluster,
    registry,
    ssh_home,
    ssh_keys,
    ssh_server,
    token_registry,
    trusted,
)

__all__ = [
    "authority",
    "aws",
    "aws_home",
    "cluster",
    "registry",
    "ssh_home",
    "ssh_keys",
    "ssh_server",
    "token_registry",
    "trusted",
]
