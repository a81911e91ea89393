"""The servers that README's commands reach for."""

from servers.fixtures import aws

__all__ = ["aws"]
