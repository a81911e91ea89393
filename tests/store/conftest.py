import os
import subprocess
import sys

import pytest

from podium.cli.main import run
from podium.core.secrets.file_backend import FileBackend
from podium.core.store.config_store import ConfigStore


class Podium:
    """A configuration with an object of every sort, and its command line in processes."""

    def __init__(self, home):
        self.home = home
        self.environment = {**os.environ, "PODIUM_HOME": str(home)}

    def start(self, line, **options):
        command = [sys.executable, "-m", "podium", *line.split()]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment, **pipes, **options)

    def __call__(self, line, **options):
        process = self.start(line, **options)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(line, process.returncode, out, err)

    def here(self, line):
        """Run a command in this process, which takes a tenth of the time; return its exit code."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PODIUM_HOME", str(self.home))
            return run(line.split())

    def files(self):
        """Return what each file holds; secrets are encrypted anew each time, and are left out."""
        return {path.relative_to(self.home): path.read_text() for path in self.home.rglob("*.yaml")}

    def secrets(self):
        """Return every secret."""
        backend = FileBackend(self.home)
        return {name: backend.read(name) for name in backend.names()}

    def store(self):
        return ConfigStore(self.home)


@pytest.fixture
def filled(nimbus, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PODIUM_")]:
        if name not in {"PODIUM_TEST_SCALE", "PODIUM_SECRETS_BACKEND"}:
            monkeypatch.delenv(name)
    podium = Podium(tmp_path / "home")
    for line in (
        f"service-connector register sky -t nimbus -a token --url={nimbus.url} --token=0ther-t0ken --no-verify",
        "orchestrator register base -f nimbus --region=eu --token=first --account=second -c sky --no-verify",
        "stack register dev -o base -a default --force",
        "stack set dev --force",
        "stack register spare -o default -a default",
        "secret create extra --a=1",
    ):
        assert podium.here(line) == 0
    return podium
