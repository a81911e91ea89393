"""Put into README what its commands show now: `python -m tests.readme.refresh`, from the repository."""

import re
import tempfile
from pathlib import Path

from .terminal import ROOT, newcomer, screen


def refreshed(readme: str, environment: dict[str, str]) -> str:
    """Run the commands of every console block, in order."""

    def run(block: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)$", block[1], re.MULTILINE)
        return "```console\n" + "".join(f"$ {command}\n{screen(command, environment)}" for command in commands) + "```"

    return re.sub(r"^```console\n(.*?)^```$", run, readme, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    file = ROOT / "README.md"
    with tempfile.TemporaryDirectory() as home:
        file.write_text(refreshed(file.read_text(), newcomer(Path(home))))
