"""Every shell command of the documents that podium implements works as written, with `podium` for `zenml`.

The commands of a document are typed into bash one after the other, in one home. What a document leaves to its reader is
filled in by FILLED and REPAIRS. A command of a flavor in PLANNED must say that podium does not have it yet.
"""

import base64
import getpass
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import offline
import pytest

from podium.core.integrations.catalog import find, requirements

DOCUMENTS = Path(__file__).parent / "documents"
FENCED = re.compile(r"^ *```(?:shell|bash)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
UNFENCED = re.compile(r"^(?:zenml|python) .+$", re.MULTILINE)
COMMANDS = {"zenml", "pip", "python"}
PLANNED = {"lightning", "runai", "vm_aws"}

REPAIRS = {
    "\\ # optional": "\\",
    ",<INSTANCE_2>,..,<INSTANCE_N>": "",
    " ... ": " -a <ARTIFACT_STORE> -c <CONTAINER_REGISTRY> -i <IMAGE_BUILDER> ",
    "file_that_runs_a_zenml_pipeline.py": "flow.py",
}
FILLED = {
    "SERVICE_CONNECTOR_NAME": "instance",
    "ORCHESTRATOR_NAME": "remote",
    "STACK_NAME": "production",
    "ARTIFACT_STORE": "bucket",
    "CONTAINER_REGISTRY": "images",
    "IMAGE_BUILDER": "builder",
    "YOUR_CLIENT_ID": "abc123",
    "YOUR_CLIENT_SECRET": "secret456",
    "YOUR_RUNAI_URL": "https://my-org.run.ai",
    "YOUR_PROJECT_NAME": "ml-team",
    "YOUR_LIGHTNING_USER_ID": "u-1",
    "YOUR_LIGHTNING_API_KEY": "secret456",
    "YOUR_LIGHTNING_USERNAME": "ada",
    "YOUR_LIGHTNING_TEAMSPACE": "vision",
    "YOUR_LIGHTNING_ORGANIZATION": "acme",
}
FLOW = """
from podium import pipeline, step

@step
def count() -> int:
    return 3

@pipeline
def counting() -> None:
    count()

if __name__ == "__main__":
    counting()
"""


def commands(document):
    """Return the commands of a document, each on one line, repaired, with placeholders."""
    text = (DOCUMENTS / f"{document}.txt").read_text(encoding="utf-8")
    blocks = FENCED.findall(text) if "```" in text else UNFENCED.findall(text)
    found = []
    for block in blocks:
        for old, new in REPAIRS.items():
            block = block.replace(old, new)  # noqa: PLW2901 - repaired in place
        lines = block.replace("\\\n", " ").splitlines()
        found += [line.strip() for line in lines if line.split() and line.split()[0] in COMMANDS]
    return [re.sub(r"\bzenml\b", "podium", line) for line in found]


class Shell:
    """A user's terminal: bash in a folder with a pipeline file, a home and a set of filled-in names."""

    def __init__(self, folder):
        self.folder = folder
        self.filled = dict(FILLED)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PODIUM_", "AWS_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        home = {"PODIUM_HOME": str(folder / "podium"), "PODIUM_SECRETS_BACKEND": "file"}
        self.environment = {**kept, **home, "PATH": path}
        (folder / "flow.py").write_text(FLOW)

    def type(self, command):
        """Run one command; return its exit code and what it printed."""
        text = re.sub(r"<(\w+)>", lambda match: shlex.quote(self.filled[match[1]]), command)
        done = subprocess.run(
            ["/bin/bash", "-c", text],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def works(self, command):
        """Run one command that must succeed; return what it printed."""
        code, printed = self.type(command)
        assert code == 0, f"{command}\n{printed}"
        return printed

    def has_other_components(self):
        """Register what the documents take for granted in a stack."""
        self.works("podium artifact-store register bucket --flavor=s3 --path=s3://bucket")
        self.works("podium container-registry register images --flavor=default --uri=registry.example.com")
        self.works("podium image-builder register builder --flavor=local")


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


def only(document, start):
    """Return the commands of a document that begin so."""
    return [command for command in commands(document) if command.startswith(start)]


def test_every_command_of_the_documents_is_here():
    counts = {path.stem: len(commands(path.stem)) for path in DOCUMENTS.iterdir()}
    assert counts == {"hyperai": 4, "lightning": 4, "orchestrators": 2, "runai": 5, "skypilot": 11}


def test_every_integration_that_is_installed_exists(tmp_path):
    """The packages are small ones of the test's own, each of a name and version that podium's extras ask for."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    installing = [command for document in DOCUMENTS.iterdir() for command in only(document.stem, "podium integration")]
    assert len(installing) == 5
    names = {name for command in installing for name in command.partition("#")[0].split()[3:]}
    for needed in {needed.name: needed for name in names for needed in requirements(find(name))}.values():
        version = next(iter(needed.specifier)).version
        extras = [f"Provides-Extra: {extra}" for extra in ("aws", "azure", "gcp")]
        offline.wheel(wheels, needed.name.replace("-", "_"), version, *extras)
    python, variables = offline.environment(tmp_path / "environment", wheels, offline.UV)
    shell = Shell(tmp_path)
    shell.environment |= {**variables, "PATH": f"{python.parent}{os.pathsep}{variables['PATH']}"}
    for command in installing:
        shell.works(command)


def test_every_extra_that_is_installed_exists():
    lines = [command for document in DOCUMENTS.iterdir() for command in only(document.stem, "pip install")]
    wanted = {re.fullmatch(r"podium\[(.+)\]", shlex.split(line)[2])[1] for line in lines}
    assert wanted == {"runai", "connectors-gcp", "connectors-azure"}
    assert wanted <= set(metadata("podium").get_all("Provides-Extra"))


def test_hyperai(shell, ssh_server, ssh_keys, ssh_home):
    ssh_home(f"{ssh_server.line}\n")
    shell.environment["HOME"] = os.environ["HOME"]
    key = base64.b64encode(ssh_keys["rsa", False].read_bytes()).decode()
    shell.filled |= {"BASE64_SSH_KEY": key, "INSTANCE_1": ssh_server.address, "INSTANCE_USERNAME": getpass.getuser()}
    shell.has_other_components()
    connector, orchestrator, stack, python = commands("hyperai")
    assert ssh_server.address in shell.works(connector)
    assert "'instance'" in shell.works(orchestrator)
    assert "active stack: production" in shell.works(stack)
    code, printed = shell.type(python)
    assert (code, "the artifact store s3://bucket does not allow it" in printed) == (4, True), printed


def test_orchestrators(shell):
    flavors, python = commands("orchestrators")
    listed = shell.works(flavors)
    lines = (DOCUMENTS / "orchestrators.txt").read_text(encoding="utf-8").split()
    table = " ".join(lines[lines.index("OrchestratorFlavorIntegrationNotes") + 1 : lines.index("custom") + 1])
    documented = [*re.findall(r"(\w+) \S+ Runs your pipelines? ", table), "custom"]
    assert len(documented) == 14
    assert set(documented) <= set(re.findall(r"^\w+", listed, re.MULTILINE))
    assert "completed in" in shell.works(python)


@pytest.mark.parametrize(("document", "registrations"), [("lightning", 1), ("runai", 2)])
def test_a_planned_orchestrator_is_told_to_be_planned(shell, document, registrations):
    registering = only(document, "podium orchestrator register")
    assert len(registering) == registrations
    for command in registering:
        code, printed = shell.type(command)
        assert code == 2
        assert f"{document!r} is planned, but this podium does not have it yet" in printed
        assert "secret456" not in printed


@pytest.mark.parametrize("document", ["lightning", "runai"])
def test_the_stack_of_a_planned_orchestrator(shell, document):
    shell.has_other_components()
    shell.works("podium orchestrator register remote --flavor=local_docker")
    shell.works("podium orchestrator register lightning_orchestrator --flavor=local_docker")
    (command,) = only(document, "podium stack register")
    assert "active stack" in shell.works(command)


def test_skypilot(shell, aws):
    types, connector, orchestrator, connect, stack = commands("skypilot")[6:]
    keys = aws.user("sts:*", "s3:*", "ecr:*", "eks:*")
    place = {"AWS_ENDPOINT_URL": aws.endpoint, "AWS_REGION": "us-east-1", "HOME": str(shell.folder)}
    shell.environment |= {**place, **{name.upper(): value for name, value in keys.items()}}
    listed = shell.works(types)
    assert all(name in listed for name in ("AWS Service Connector", "s3-bucket", "federation-token", "LOCAL", "REMOTE"))
    assert "registered service-connector 'aws-skypilot-vm'" in shell.works(connector)
    code, printed = shell.type(orchestrator)
    assert (code, "'vm_aws' is planned" in printed) == (2, True)
    shell.works("podium orchestrator register remote --flavor=local")
    code, printed = shell.type(connect)
    assert (code, "connector" in printed) == (2, True), printed
    shell.has_other_components()
    assert "active stack: production" in shell.works(stack)
