"""The servers that components reach for."""

from servers.fixtures import authority, registry, ssh_home, ssh_keys, ssh_server, trusted

__all__ = ["authority", "registry", "ssh_home", "ssh_keys", "ssh_server", "trusted"]
