"""The servers that README's commands reach for."""

from servers.fixtures import aws, ssh_home, ssh_keys, ssh_server

__all__ = ["aws", "ssh_home", "ssh_keys", "ssh_server"]
