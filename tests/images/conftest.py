"""The registries that images go to and come from."""

from servers.fixtures import authority, registry, token_registry, trusted

__all__ = ["authority", "registry", "token_registry", "trusted"]
