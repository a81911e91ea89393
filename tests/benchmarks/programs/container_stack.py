"""Register a stack of local_docker, whose containers are counted in one control group, and build its image."""

import subprocess
import sys
from pathlib import Path


def podium(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "podium", *arguments], check=True)


podium(
    "orchestrator", "register", "docker", "--flavor", "local_docker", f'--run_args={{"cgroup_parent": "{sys.argv[1]}"}}'
)
podium("image-builder", "register", "here", "--flavor", "local")
podium("stack", "register", "docker", "-o", "docker", "-a", "default", "-i", "here", "--set")
podium("pipeline", "build", str(Path(__file__).with_name("containers.py")))
