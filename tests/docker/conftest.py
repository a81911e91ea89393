"""The Docker engine of the tests."""

from servers.fixtures import docker_engine

__all__ = ["docker_engine"]
