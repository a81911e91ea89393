"""Each step a container on a remote machine, where a supervisor walks the graph: all of it is as on this machine."""

import pytest
from conformance.compose_stack import cloud, remote_image, stack_of
from conformance.orchestrator import OrchestratorConformance
from conformance.orphans import GoOnWithoutTheirClient
from conformance.workspace import Workspace
from servers.aws import AWS
from servers.instance import V2, Instance

__all__ = ["cloud", "remote_image"]


@pytest.fixture
def stack(workspace: Workspace, remote_image: Instance, cloud: AWS):
    """Return the name of a stack whose user has Compose v2, which takes less of the processors than v1."""
    with stack_of(V2, workspace, remote_image, cloud) as name:
        yield name


class TestHyperAI(OrchestratorConformance, GoOnWithoutTheirClient):
    pass
