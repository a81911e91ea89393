import pytest
from conformance.orchestrator import OrchestratorConformance


class TestLocal(OrchestratorConformance):
    @pytest.fixture
    def stack(self):
        return "default"
