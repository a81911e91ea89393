"""The local orchestrator: steps run in parallel in processes of this machine."""

from __future__ import annotations

from typing import Annotated, Literal

from ..core.contracts.component import About, Settings
from ..core.contracts.orchestrator import Capabilities, Orchestrator
from ..core.execution.admission import Admission
from ..core.execution.processes import ProcessLauncher
from ..core.execution.run_context import RunContext
from ..core.machine import this_machine


class LocalSettings(Settings):
    """What a pipeline or step may set."""

    max_parallel_steps: Annotated[
        int | None, About("Most steps running at once; by default as many as the machine has room for.", ge=1)
    ] = None
    fresh_processes: Annotated[
        bool, About("Run each attempt in a new process rather than in a warm worker that ran others.")
    ] = False
    start_method: Annotated[
        Literal["fork", "spawn"],
        About(
            "Fork workers from a process that has the code loaded, or start each as a new interpreter: for files "
            "that use threads or OpenMP while they are imported."
        ),
    ] = "fork"


class LocalConfig(LocalSettings):
    """What a registration may set: the defaults of every run."""


class LocalOrchestrator(Orchestrator[LocalConfig]):
    """Runs each step in a process of its own on this machine."""

    flavor = "local"
    config_class = LocalConfig
    settings_class = LocalSettings
    capabilities = Capabilities(granularity="step", gpus=True, detached=True)

    def launcher(self, context: RunContext) -> ProcessLauncher:
        """Run steps in worker processes, as many at once as this machine has room for."""
        config = self.configured(context.spec.settings)
        return ProcessLauncher(
            context,
            Admission(this_machine(), config.max_parallel_steps),
            fresh=config.fresh_processes,
            spawn=config.start_method == "spawn",
        )
