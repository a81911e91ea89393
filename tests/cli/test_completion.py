"""`podium completion`, as real shells use it."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from podium.cli.main import COMMANDS
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, ConnectorRecord, FlavorRecord, StackRecord

HEAVY = {"pydantic", "yaml", "keyring", "cryptography", "rich", "numpy", "asyncio", "importlib.metadata"}
BASH = """
source /dev/stdin
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_podium "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { :; }
compadd() { shift; print -l -- ${(P)1}; }
_files() { print -- files; }
source /dev/stdin
words=("$@") CURRENT=$#
_podium
"""
FISH = "source; complete --do-complete $argv[1]"


@pytest.fixture
def store(home):
    """Register one of everything that has a name."""
    store = ConfigStore()
    for number in range(2):
        store.components("orchestrator").add(ComponentRecord("orchestrator", f"fast{number}", "local"))
    store.stacks.add(StackRecord("dev", {"orchestrator": "fast0", "artifact-store": "default"}))
    store.connectors.add(ConnectorRecord(name="cloud", type="aws", auth_method="implicit", config={}))
    store.flavors("orchestrator").add(FlavorRecord("orchestrator", "mine", "a.b.C", str(home)))
    (home / "runs").mkdir(mode=0o700)
    entry = {
        "id": "0123",
        "name": "digits-1",
        "pipeline": "digits",
        "stack": "dev",
        "store_url": "file:///",
        "created": 1,
    }
    (home / "runs" / "0123.json").write_text(json.dumps(entry))
    return home


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Put this interpreter's podium on PATH, and return the environment."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "podium").write_text(f'#!/bin/sh\nexec {sys.executable} -m podium "$@"\n')
    (folder / "podium").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def shell(program, podium, tmp_path):
    """Return what a shell offers for the last of some words."""

    def offered(name, *words):
        environment = {**os.environ, **program, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        commands = {
            "bash": ["bash", "--norc", "-c", BASH, "bash", "podium", *words],
            "zsh": ["zsh", "-f", "-c", ZSH, "zsh", "podium", *words],
            "fish": ["fish", "--no-config", "-c", FISH, " ".join(["podium", *words])],
        }
        script = podium(f"completion {name}").out
        done = subprocess.run(
            commands[name], input=script, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.stderr == ""
        return [line.partition("\t")[0] for line in done.stdout.split("\n") if line]

    return offered


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_shells_offer_commands_options_and_names(store, shell, name):
    assert shell(name, "stac") == ["stack"]
    assert shell(name, "stack", "s") == ["set"]
    assert shell(name, "stack", "set", "") == ["default", "dev"]
    assert shell(name, "stack", "delete", "dev", "--y") == ["--yes"]
    assert shell(name, "stack", "register", "new", "-o", "f") == ["fast0", "fast1"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_shells_offer_files_where_a_file_is_wanted(store, shell, name):
    Path("flow.py").touch()
    assert shell(name, "run", "fl") == {"bash": [], "zsh": ["files"], "fish": ["flow.py"]}[name]


def test_bash_falls_back_to_files_and_breaks_words_at_equals_signs(store, shell, podium):
    assert "complete -o default -F _podium podium" in podium("completion bash").out
    assert shell("bash", "runs", "list", "--stack", "=", "d") == ["default", "dev"]
    assert shell("bash", "stack", "list", "--output", "=") == ["json", "names", "table", "yaml"]


@pytest.fixture
def offered(capsys, monkeypatch):
    """Return what is offered for the last of some words, without a shell."""
    from podium.__main__ import main

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["podium", "__complete", *words])
        assert main() == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out.split()

    return call


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--stack=de"], []),
        (["runs", "list", "--stack=de"], ["--stack=default", "--stack=dev"]),
        (["orchestrator", "register", "new", "--flavor", "m"], ["mine"]),
        (["orchestrator", "flavor", "describe", "vm_"], ["vm_aws", "vm_azure", "vm_gcp"]),
        (["orchestrator", "describe", "fast"], ["fast0", "fast1"]),
        (["orchestrator", "connect", "fast0", "--connector", ""], ["cloud"]),
        (["service-connector", "describe", ""], ["cloud"]),
        (["service-connector", "register", "x", "--type", "h"], ["hyperai"]),
        (["runs", "show", ""], ["0123", "digits-1"]),
        (["pipeline", "runs", "logs", "d"], ["digits-1"]),
        (["integration", "install", "aws", "vm_g"], ["vm_gcp"]),
        (["config", "explain", "PODIUM_STA"], ["PODIUM_STACK"]),
        (["completion", "b"], ["bash"]),
        (["--debug", "stack", "ge"], ["get"]),
        (["orchestrator", "flavor", "delete", ""], ["mine"]),
        (["orchestrator", "remove-attribute", "fast0", ""], []),
        (["orchestrator", "rename", "fast0", ""], []),
        (["stack", "register", ""], []),
        (["stack", "set", "dev", ""], []),
        (["stack", "nope", ""], []),
        (["nope", ""], []),
        (["__comp"], []),
    ],
)
def test_each_place_has_its_own_words(store, offered, words, expected):
    assert offered(*words) == expected


def test_all_commands_are_offered_and_nothing_hidden(offered):
    assert offered("") == sorted(COMMANDS)
    assert "runs" not in offered("pipeline", "")


def test_names_that_a_shell_would_take_apart_are_not_offered(store, offered):
    (store / "runs" / "0123.json").write_text(
        json.dumps({"id": "0123", "name": "a b; rm c", "pipeline": "p", "stack": "s", "store_url": "u", "created": 1})
    )
    assert offered("runs", "show", "") == ["0123"]


def test_a_broken_store_is_met_with_silence(store, offered):
    (store / "stacks" / "dev.yaml").write_text("components: [")
    assert offered("stack", "set", "") == ["default", "dev"]
    (store / "runs" / "0123.json").write_text("{")
    assert offered("runs", "show", "") == []
    (store / "stacks" / "dev.yaml").unlink()
    (store / "stacks").rmdir()
    (store / "stacks").write_text("a file where the folder should be")
    assert offered("stack", "set", "") in ([], ["default"])
    assert offered() == []


@pytest.mark.parametrize("words", [["stack", "set", ""], ["orchestrator", "register", "x", "--flavor", ""], [""]])
def test_completion_is_quick_and_loads_no_flavor(store, words):
    program = "import sys; from podium.__main__ import main; main(); print(*sys.modules, file=sys.stderr)"
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", program, "__complete", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    loaded = set(done.stderr.split())
    assert done.stdout
    assert loaded & HEAVY == set()
    assert [name for name in loaded if name.startswith(("podium.flavors.", "podium.connectors."))] == []
    assert min(times) < 0.15


def test_an_unknown_shell_is_suggested(podium):
    result = podium("completion fihs")
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", "hint: did you mean 'fish'?")


def test_powershell_gets_a_completer(podium):
    assert podium("completion powershell").out.startswith("Register-ArgumentCompleter -Native -CommandName podium")
