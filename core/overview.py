"""The flavors that podium has or is going to have, with the columns of the documentation's overview."""

from __future__ import annotations

from typing import Literal

from .dataclass import dataclass

Status = Literal["built", "planned"]


@dataclass(frozen=True, slots=True)
class FlavorInfo:
    """One flavor; `entry_point` is `module:Class`, empty while planned; `family` is a settings key that it shares.

    `zygote` says that steps run in forks of a process of this machine, which is worth starting early; `root` is the
    folder to import from of one registered by path.
    """

    name: str
    integration: str
    notes: str
    status: Status = "planned"
    family: str | None = None
    entry_point: str = ""
    zygote: bool = False
    root: str = ""


def _here(name: str, integration: str, notes: str, place: str, status: Status, *, zygote: bool = False) -> FlavorInfo:
    return FlavorInfo(name, integration, notes, status, entry_point=f"podium.flavors.{place}", zygote=zygote)


def _vm(cloud: str, title: str) -> FlavorInfo:
    notes = f"Runs your pipelines in {title} VMs using SkyPilot."
    return FlavorInfo(f"vm_{cloud}", f"skypilot[{cloud}]", notes, family="skypilot")


def _registry(name: str, integration: str, where: str, place: str) -> FlavorInfo:
    return _here(name, integration, f"Keeps images in {where}.", place, "built")


def _store(name: str, integration: str, where: str, place: str) -> FlavorInfo:
    return _here(name, integration, f"Keeps artifacts in {where}.", place, "built")


OVERVIEW: dict[str, tuple[FlavorInfo, ...]] = {
    "orchestrator": (
        _here("local", "built-in", "Runs your pipelines locally.", "local:LocalOrchestrator", "built", zygote=True),
        _here(
            "local_docker",
            "built-in",
            "Runs your pipelines locally using Docker.",
            "local_docker:LocalDockerOrchestrator",
            "built",
        ),
        FlavorInfo("kubernetes", "kubernetes", "Runs your pipelines in Kubernetes clusters."),
        FlavorInfo("kubeflow", "kubeflow", "Runs your pipelines using Kubeflow."),
        FlavorInfo("vertex", "gcp", "Runs your pipelines in Vertex AI."),
        FlavorInfo("sagemaker", "aws", "Runs your pipelines in Sagemaker."),
        FlavorInfo("azureml", "azure", "Runs your pipelines in AzureML."),
        FlavorInfo("tekton", "tekton", "Runs your pipelines using Tekton."),
        FlavorInfo("airflow", "airflow", "Runs your pipelines using Airflow."),
        _vm("aws", "AWS"),
        _vm("gcp", "GCP"),
        _vm("azure", "Azure"),
        _here(
            "hyperai",
            "hyperai",
            "Runs your pipelines in HyperAI.ai instances.",
            "hyperai:HyperAIOrchestrator",
            "built",
        ),
        _here("ssh", "hyperai", "Runs your pipelines on any host over SSH.", "ssh:SSHOrchestrator", "built"),
        FlavorInfo("runai", "runai", "Runs your pipelines on Run:AI clusters."),
        FlavorInfo("lightning", "lightning", "Runs your pipelines on Lightning AI."),
        FlavorInfo("custom", "", "Extend the orchestrator abstraction and provide your own implementation."),
    ),
    "artifact-store": (
        _here(
            "local",
            "built-in",
            "Keeps artifacts in a folder of this machine.",
            "local_artifact_store:LocalArtifactStore",
            "built",
        ),
        _store("s3", "s3", "S3 buckets", "s3_artifact_store:S3ArtifactStore"),
        _store("gcs", "gcp", "Google Cloud Storage", "gcs_artifact_store:GCSArtifactStore"),
        _store("azure", "azure", "Azure Blob Storage", "azure_artifact_store:AzureArtifactStore"),
    ),
    "container-registry": (
        _registry("default", "built-in", "any Docker or OCI registry", "default_registry:DefaultRegistry"),
        _registry("dockerhub", "built-in", "Docker Hub", "dockerhub_registry:DockerHub"),
        _registry("gcp", "gcp", "Google's Artifact Registry", "gcp_registry:GCPRegistry"),
        _registry("aws", "aws", "Amazon's Elastic Container Registry", "aws_registry:AWSRegistry"),
        _registry("azure", "azure", "Azure's Container Registry", "azure_registry:AzureRegistry"),
        _registry("github", "built-in", "GitHub's container registry", "github_registry:GitHubRegistry"),
    ),
    "image-builder": (
        _here(
            "local",
            "docker",
            "Builds images with the Docker engine of this machine.",
            "local_image_builder:LocalImageBuilder",
            "built",
        ),
    ),
}
