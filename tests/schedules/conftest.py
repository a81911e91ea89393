"""Services of the tests of schedules."""

from servers.fixtures import docker_engine, instance

__all__ = ["docker_engine", "instance"]
