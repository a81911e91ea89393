"""The flavors that podium has or is going to have, with the columns of the documentation's overview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FlavorInfo:
    """One flavor; `entry_point` is `module:Class`, empty while planned; `family` is a settings key that it shares.

    `zygote` says that steps run in forks of a process of this machine, which is worth starting early.
    """

    name: str
    integration: str
    notes: str
    status: Literal["built", "planned"] = "planned"
    family: str | None = None
    entry_point: str = ""
    zygote: bool = False


OVERVIEW = {
    "orchestrator": (
        FlavorInfo("local", "built-in", "Runs your pipelines locally.", zygote=True),
        FlavorInfo("local_docker", "built-in", "Runs your pipelines locally using Docker."),
        FlavorInfo("kubernetes", "kubernetes", "Runs your pipelines in Kubernetes clusters."),
        FlavorInfo("kubeflow", "kubeflow", "Runs your pipelines using Kubeflow."),
        FlavorInfo("vertex", "gcp", "Runs your pipelines in Vertex AI."),
        FlavorInfo("sagemaker", "aws", "Runs your pipelines in Sagemaker."),
        FlavorInfo("azureml", "azure", "Runs your pipelines in AzureML."),
        FlavorInfo("tekton", "tekton", "Runs your pipelines using Tekton."),
        FlavorInfo("airflow", "airflow", "Runs your pipelines using Airflow."),
        FlavorInfo("vm_aws", "skypilot[aws]", "Runs your pipelines in AWS VMs using SkyPilot.", family="skypilot"),
        FlavorInfo("vm_gcp", "skypilot[gcp]", "Runs your pipelines in GCP VMs using SkyPilot.", family="skypilot"),
        FlavorInfo(
            "vm_azure", "skypilot[azure]", "Runs your pipelines in Azure VMs using SkyPilot.", family="skypilot"
        ),
        FlavorInfo("hyperai", "hyperai", "Runs your pipelines in HyperAI.ai instances."),
        FlavorInfo("runai", "runai", "Runs your pipelines on Run:AI clusters."),
        FlavorInfo("lightning", "lightning", "Runs your pipelines on Lightning AI."),
        FlavorInfo("custom", "", "Extend the orchestrator abstraction and provide your own implementation."),
    ),
    "artifact-store": (FlavorInfo("local", "built-in", "Keeps artifacts in a folder of this machine."),),
    "container-registry": (),
    "image-builder": (),
}
