"""Each step in a container of a real Docker engine."""

from conformance.docker_stack import containers, image, stack
from conformance.orchestrator import OrchestratorConformance
from conformance.orphans import OutliveTheirClient

__all__ = ["containers", "image", "stack"]


class TestLocalDocker(OrchestratorConformance, OutliveTheirClient):
    pass
