import pytest

from podium.core.errors import DefinitionError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep the user's own stacks and artifacts out of it."""
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PODIUM_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def faults_of():
    """Compile a pipeline that cannot be right; return its faults."""

    def compile_it(pipeline, *args, **kwargs):
        with pytest.raises(DefinitionError) as caught:
            pipeline.compile(*args, **kwargs)
        return caught.value.faults

    return compile_it
