from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from conformance.workspace import Workspace
from crash.thirty import STEPS, write


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Return what each step makes in a run that nothing disturbs."""
    workspace = Workspace(tmp_path_factory.mktemp("undisturbed"))
    run, _ = workspace.run(write(workspace))
    store = Path(unquote(urlparse(run["url"]).path)).parents[1]
    values = {step["id"]: int((store / step["outputs"]["output"]["key"]).read_text()) for step in run["steps"]}
    assert len(values) == STEPS
    return values
