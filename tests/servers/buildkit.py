"""Docker's BuildKit plugin, as a folder for DOCKER_CONFIG."""

from pathlib import Path

FOLDER = Path("/var/lib/podium-tests/docker")


def plugin_folder() -> Path:
    """Return the folder; the plugin is there since `tests/programs.sh` ran."""
    plugin = FOLDER / "cli-plugins" / "docker-buildx"
    assert plugin.exists(), f"there is no {plugin}: run tests/programs.sh"
    return FOLDER
