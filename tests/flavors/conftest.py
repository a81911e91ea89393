"""The servers that components reach for."""

from servers.fixtures import authority, registry, trusted

__all__ = ["authority", "registry", "trusted"]
