"""The servers that the documents' commands reach for."""

from servers.fixtures import aws, ssh_home, ssh_keys, ssh_server

__all__ = ["aws", "ssh_home", "ssh_keys", "ssh_server"]
