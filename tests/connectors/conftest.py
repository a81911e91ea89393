"""The servers that connectors reach for."""

from servers.fixtures import authority, cluster, registry, token_registry, trusted

__all__ = ["authority", "cluster", "registry", "token_registry", "trusted"]
