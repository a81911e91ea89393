"""A remote machine, what is on it, and runs there."""

from conformance.compose_stack import cloud, remote_image, stack
from servers.fixtures import authority, compose_user, instance, own_instance, ssh_keys

__all__ = ["authority", "cloud", "compose_user", "instance", "own_instance", "remote_image", "ssh_keys", "stack"]
