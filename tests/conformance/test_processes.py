"""A custom flavor that runs each step as a job, with no container in the way."""

from pathlib import Path

import pytest
import sample_jobs
from conformance.orchestrator import OrchestratorConformance
from conformance.orphans import OutliveTheirClient
from conformance.workspace import Workspace


class TestProcesses(OrchestratorConformance, OutliveTheirClient):
    @pytest.fixture
    def stack(self, workspace: Workspace):
        workspace.environment["PYTHONPATH"] = str(Path(sample_jobs.__file__).parent)
        for command in (
            ["orchestrator", "flavor", "register", "sample_jobs.Processes"],
            ["orchestrator", "register", "here", "--flavor=processes", f"--folder={workspace.folder}/jobs"],
            ["stack", "register", "jobs", "-o", "here", "-a", "default"],
        ):
            result = workspace.podium(*command)
            assert result.returncode == 0, result.stderr
        return "jobs"
