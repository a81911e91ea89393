import os

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Give each test a configuration of its own, and none of the user's variables."""
    for name in [name for name in os.environ if name.startswith("PODIUM_SECRETS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("PODIUM_HOME", str(folder))
    return folder
