"""Every Python snippet of the documents that podium implements works as written, with `podium` for `zenml`.

What a document leaves to its reader (imports, a step to call, a name in angle brackets) is added by REPAIRS, and
nothing else is changed. A snippet of a flavor in PLANNED must say that the flavor is planned; building the flavor turns
these tests red until its name is taken off the list.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from podium import Client, pipeline
from podium.core.sdk.pipeline import Pipeline
from podium.core.sdk.step import Step

DOCUMENTS = Path(__file__).parent / "documents"
FENCED = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UNFENCED = re.compile(r"^from zenml\.client.*?\.value$", re.MULTILINE | re.DOTALL)

PLANNED = {"lightning", "runai", "skypilot"}

SDK = "from podium import pipeline, step\n"
A_STEP = SDK + "@step\ndef training_step() -> None:\n    pass\n"
RUNAI = "from podium.integrations.runai.flavors.runai_orchestrator_flavor import RunAIOrchestratorSettings\n"
LIGHTNING = (
    "from podium.integrations.lightning.flavors.lightning_orchestrator_flavor import LightningOrchestratorSettings\n"
    'lightning_settings = LightningOrchestratorSettings(machine_type="cpu")\n'
)
CALLS_NOTHING = ("def my_pipeline():\n    ...", "def my_pipeline():\n    training_step()")

REPAIRS = {
    "lightning 0": (A_STEP, [CALLS_NOTHING]),
    "lightning 3": (A_STEP + LIGHTNING, [CALLS_NOTHING]),
    "lightning 4": (LIGHTNING, []),
    "runai 0": (A_STEP, [CALLS_NOTHING]),
    "runai 2": (A_STEP, []),
    "runai 4": (SDK + RUNAI, []),
    "runai 5": (SDK + RUNAI, []),
    "skypilot 0": (A_STEP, [("\n    }\n)\n", "\n    }\n)\ndef my_pipeline():\n    training_step()\n")]),
}
"""By snippet: lines put before it, and texts replaced in it."""


def snippets():
    found = {}
    for document in sorted(DOCUMENTS.iterdir()):
        text = document.read_text(encoding="utf-8")
        blocks = FENCED.findall(text) if "```" in text else UNFENCED.findall(text)
        for index, block in enumerate(blocks):
            name = f"{document.stem} {index}"
            before, replaced = REPAIRS.get(name, ("", []))
            for old, new in replaced:
                assert old in block, name
                block = block.replace(old, new)  # noqa: PLW2901 - repaired in place
            found[name] = before + block.replace("zenml", "podium").replace("ZenML", "podium")
    return found


SNIPPETS = snippets()
FLAVORS = {name: match[1] for name, code in SNIPPETS.items() if (match := re.search(r"flavors\.(\w+)_orch", code))}
CLIENTS = [name for name, code in SNIPPETS.items() if "Client()" in code]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PODIUM_STACK", raising=False)
    monkeypatch.chdir(tmp_path)


def execute(name):
    namespace = {"__name__": "snippet"}
    exec(compile(SNIPPETS[name], name, "exec", dont_inherit=True), namespace)  # noqa: S102 - the documents are ours
    return namespace


def test_every_snippet_of_the_documents_is_here():
    stems = [name.partition(" ")[0] for name in SNIPPETS]
    assert {stem: stems.count(stem) for stem in stems} == {
        "lightning": 5,
        "orchestrators": 1,
        "runai": 6,
        "skypilot": 1,
    }
    assert set(REPAIRS) <= set(SNIPPETS)
    assert len(FLAVORS) + len(CLIENTS) + 1 == len(SNIPPETS)


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_valid_python(name):
    assert ast.parse(SNIPPETS[name]).body


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name not in CLIENTS])
def test_a_snippet_compiles_or_names_its_planned_flavor(name):
    flavor = FLAVORS.get(name)
    if flavor in PLANNED:
        with pytest.raises(ModuleNotFoundError, match=f"{flavor} orchestrator is planned"):
            execute(name)
        return
    found = execute(name).values()
    flows = [value for value in found if isinstance(value, Pipeline)]
    flows += [pipeline(name="flow")(value) for value in found if isinstance(value, Step)]
    assert all(flow.compile().steps for flow in flows)


@pytest.fixture
def finished_run(tmp_path):
    """Run the one snippet that is a whole program, as the documents say to: `python FILE`."""
    file = tmp_path / "training.py"
    file.write_text(SNIPPETS["runai 1"], encoding="utf-8")
    result = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    assert "Training model on Run:AI!" in result.stderr
    (run,) = Client().list_pipeline_runs()
    return run


@pytest.mark.parametrize("name", CLIENTS)
def test_a_snippet_finds_the_url_of_a_run(name, finished_run, monkeypatch):
    monkeypatch.setitem(SNIPPETS, name, SNIPPETS[name].replace("<PIPELINE_RUN_NAME>", finished_run.name))
    url = execute(name)["orchestrator_url"]
    assert url.startswith("file://")
    assert finished_run.id in url
