"""What is said about each kind of component."""

from __future__ import annotations

from ...core.kinds import Kind

EXAMPLES = {
    "orchestrator": "fast --flavor local --max_parallel_steps=4",
    "artifact-store": "data --flavor local --path=/data",
    "container-registry": "hub --flavor dockerhub --uri=docker.io/me",
    "image-builder": "builder --flavor local",
}
EXPLANATIONS = {
    "orchestrator": (
        "An orchestrator decides where and when the steps of a pipeline run: as processes of this machine, as "
        "containers, or as jobs of a cluster or cloud. It starts a step once the steps whose outputs it takes have "
        "completed, and knows how far a run has come.\n\nEvery stack has one. What it can do (GPUs, schedules, "
        "detached runs) depends on its flavor, and what it cannot do is refused before anything starts."
    ),
    "artifact-store": (
        "An artifact store keeps what a run leaves: the outputs of its steps, their logs, the state of the run itself, "
        "the cache and the code that ran. It is a folder of this machine or a bucket of a cloud.\n\nEvery stack has "
        "one. Steps on another machine need one that this machine can reach as well: a folder of yours is not."
    ),
    "container-registry": (
        "A container registry keeps the images in which steps run on other machines. An image is pushed there once for "
        "each set of dependencies, and whatever runs the steps pulls it.\n\nA stack needs one if its orchestrator runs "
        "containers on other machines."
    ),
    "image-builder": (
        "An image builder makes a container image from the dependencies of a pipeline. The code is not in it, so a "
        "change of code alone builds nothing.\n\nA stack needs one if its orchestrator runs containers on other "
        "machines."
    ),
}


def one(kind: Kind) -> str:
    """Return the name of a kind with its article."""
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"
