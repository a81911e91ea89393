"""What every orchestrator promises; a flavor's test class inherits the suite and gives the `stack` fixture."""

import pytest
from conformance.admission import Admission
from conformance.interrupts import Interrupts
from conformance.isolation import Isolation
from conformance.outcomes import Outcomes
from conformance.step_logs import StepLogs
from conformance.step_secrets import StepSecrets
from conformance.workspace import Workspace


class OrchestratorConformance(Outcomes, Interrupts, StepLogs, StepSecrets, Admission, Isolation):
    """`stack` registers what it needs in the workspace and returns the stack's name."""

    @pytest.fixture(autouse=True)
    def _on_stack(self, workspace: Workspace, stack: str):
        workspace.environment["PODIUM_STACK"] = stack
