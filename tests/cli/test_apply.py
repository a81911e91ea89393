import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_terminal import on_a_terminal
from sample_flavors import register_samples

from podium.cli.main import run
from podium.core.secrets.vault import open_vault
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
WHOLE = """\
format: 1
orchestrators:
  sky:
    flavor: cloud
    config:
      region: north
      ticket: '{{orchestrator.sky.ticket}}'
    labels:
      team: ml
artifact-stores:
  data:
    flavor: bucket
    config:
      url: bucket://data
container-registries:
  hub:
    flavor: hub
    config:
      uri: 127.0.0.1:1
    connector: docker
image-builders:
  kiln:
    flavor: kiln
service-connectors:
  docker:
    type: docker
    auth_method: password
    config:
      username: ada
      password: '{{vault.docker}}'
      registry: 127.0.0.1:1
stacks:
  dev:
    components:
      orchestrator: sky
      artifact-store: data
      container-registry: hub
      image-builder: kiln
"""


@pytest.fixture(autouse=True)
def samples(home, monkeypatch):
    """Make the flavors of a cloud known, and give a vault to write to."""
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "sesame")
    register_samples(ConfigStore())
    return home


@pytest.fixture
def file():
    """Write a file to apply."""

    def write(text: str, name: str = "stack.yaml") -> str:
        Path(name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def whole(file, capsys):
    """Write a file with an object of every section, and keep the secrets that it refers to."""
    open_vault().write("orchestrator.sky", {"ticket": "marker-ticket"})
    open_vault().write("vault", {"docker": "marker-password"})
    capsys.readouterr()
    return file(WHOLE)


def faults(result):
    """Return the message and the place of each fault of a refused file."""
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    return [
        (line.removeprefix("- "), lines[number + 1].removeprefix("  at "))
        for number, line in enumerate(lines)
        if line.startswith("- ")
    ]


def test_one_file_makes_every_kind_of_object_and_a_second_time_changes_nothing(podium, whole, files):
    first = podium(f"apply -f {whole} --yes")
    assert (first.code, first.err) == (0, "applied\n")
    signs = [line for line in first.out.splitlines() if not line.startswith(" ")]
    assert signs == [
        "+ service-connector docker",
        "+ orchestrator sky",
        "+ artifact-store data",
        "+ container-registry hub",
        "+ image-builder kiln",
        "+ stack dev",
    ]
    before = files()
    again = podium(f"apply -f {whole}")
    assert (again.code, again.err) == (0, "nothing to change\n")
    assert {line[0] for line in again.out.splitlines()} == {"="}
    assert files() == before


def test_what_is_exported_is_applied_in_an_empty_home_and_exported_the_same(podium, whole, monkeypatch, tmp_path):
    podium(f"apply -f {whole} --yes")
    assert podium("stack export dev").out == WHOLE
    podium("stack export dev copy.yaml")
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "other"))
    register_samples(ConfigStore())
    open_vault().write("orchestrator.sky", {"ticket": "another"})
    open_vault().write("vault", {"docker": "another"})
    assert podium("apply -f copy.yaml --yes").code == 0
    assert podium("stack export dev").out == Path("copy.yaml").read_text(encoding="utf-8")


def test_changes_are_shown_by_field(podium, file):
    podium("orchestrator register sky -f cloud --region=north --size=2 -l team=ml")
    podium("stack register dev -o default -a default --set")
    name = file(
        "orchestrators: {sky: {flavor: cloud, config: {region: south}, labels: {team: ml}}}\n"
        "artifact-stores: {data: {flavor: bucket, config: {url: 'bucket://data'}}}\n"
        "stacks: {dev: {components: {orchestrator: default, artifact-store: data}}}\n"
        "active: default\n"
    )
    assert podium(f"apply -f {name} --dry-run").out.splitlines() == [
        "~ orchestrator sky",
        "    config.region: north -> south",
        "    config.size: 2 -> (none)",
        "+ artifact-store data",
        "    flavor: bucket",
        "    config.url: bucket://data",
        "~ stack dev",
        "    components.artifact-store: default -> data",
        "~ active stack: dev -> default",
    ]
    assert podium("stack get").out == "dev\n"
    assert podium(f"apply -f {name} --yes").code == 0
    assert podium("stack get").out == "default\n"
    assert ConfigStore().components("orchestrator").get("sky").config == {"region": "south"}


def test_a_dry_run_writes_nothing(podium, whole, files):
    before = files()
    result = podium(f"apply -f {whole} --dry-run")
    assert (result.code, result.err) == (0, "")
    assert "+ stack dev\n" in result.out
    assert files() == before


def test_without_a_terminal_nothing_is_done_unless_told_to(podium, whole, files):
    before = files()
    result = podium(f"apply -f {whole}")
    assert (result.code, "add --yes" in result.err) == (2, True)
    assert files() == before


def test_several_files_and_stdin_are_one(podium, file, monkeypatch):
    one = file("orchestrators: {sky: {flavor: cloud, config: {region: north}}}\n", "one.yaml")
    monkeypatch.setattr(
        sys,
        "stdin",
        io.TextIOWrapper(io.BytesIO(b"stacks: {dev: {components: {orchestrator: sky, artifact-store: default}}}")),
    )
    assert podium(f"apply -f {one} -f - --yes --force").code == 0
    assert ConfigStore().stacks.get("dev").components["orchestrator"] == "sky"


def test_every_fault_of_every_file_is_said_with_its_line(podium, file, files):
    file("orchestrators: [\n", "broken.yaml")
    name = file("""\
colour: red
orchestrators:
  sky:
    flavor: cloud
    config:
      size: 0
      sise: 1
  Sky:
    flavor: cloud
  moon:
    flavor: clowd
  sun:
    config: {}
    flavour: cloud
artifact-stores:
  data: {flavor: bucket}
  a/b: {flavor: bucket}
container-registries:
  hub:
    flavor: hub
    config: {uri: x}
    connector: dokcer
service-connectors:
  docker:
    type: docker
    auth_method: passwrod
  cloud:
    type: clodu
    auth_method: password
stacks:
  dev:
    components:
      orchestrator: local
      artifact-store: default
      image-builder: kiln
  sole: {components: {orchestrator: default}}
active: prod
""")
    before = files()
    places = [place.split(", line ") for _, place in faults(podium(f"apply -f broken.yaml -f {name} --yes"))]
    assert [line for path, line in places if path == "broken.yaml"] == ["2"]
    lines = [1, 5, 6, 7, 8, 11, 12, 14, 16, 17, 22, 26, 28, 33, 35, 36, 37]
    assert sorted(int(line) for path, line in places if path == name) == lines
    assert files() == before


def test_a_secret_in_plain_text_is_refused_and_not_repeated(podium, file, files):
    name = file("""\
orchestrators:
  sky:
    flavor: cloud
    config:
      region: north
      ticket: marker-secret
service-connectors:
  docker:
    type: docker
    auth_method: password
    config:
      username: ada
      password: 20251121
""")
    before = files()
    result = podium(f"apply -f {name} --yes")
    assert [place for _, place in faults(result)] == [f"{name}, line 13", f"{name}, line 13", f"{name}, line 6"]
    assert "podium secret create orchestrator.sky --ticket=-" in result.err
    assert "'{{orchestrator.sky.ticket}}'" in result.err
    assert "marker-secret" not in result.err
    assert "20251121" not in result.err
    assert files() == before


def test_each_missing_secret_is_named_with_the_command_that_creates_it(podium, file):
    open_vault().write("vault", {"other": "x"})
    result = podium(f"apply -f {file(WHOLE)} --yes")
    assert faults(result) == [
        ("there is no secret 'vault' with a key 'docker'", "stack.yaml, line 30"),
        ("there is no secret 'orchestrator.sky' with a key 'ticket'", "stack.yaml, line 7"),
    ]
    assert "hint: podium secret update vault --docker=-\n" in result.err
    assert "hint: podium secret create orchestrator.sky --ticket=-\n" in result.err


def test_faults_are_told_beside_missing_secrets_and_a_value_that_is_not_known_is_none(podium, file):
    name = file(WHOLE.replace("region: north", "size: '{{vault.size}}'"))
    result = podium(f"apply -f {name} --yes")
    assert [message for message, _ in faults(result)] == [
        "field 'region' is required",
        "there is no secret 'vault' with a key 'docker'",
        "there is no secret 'vault' with a key 'size'",
        "there is no secret 'orchestrator.sky' with a key 'ticket'",
    ]


def test_a_stack_that_can_never_run_is_refused_unless_forced(podium, file):
    name = file(
        "orchestrators: {sky: {flavor: cloud, config: {region: north}}}\n"
        "stacks:\n  dev:\n    components:\n      orchestrator: sky\n      artifact-store: default\n"
    )
    assert [place for _, place in faults(podium(f"apply -f {name} --yes"))] == [
        f"{name}, line 4",
        f"{name}, line 4",
        f"{name}, line 6",
    ]
    assert podium(f"apply -f {name} --yes --force").code == 0


def test_a_secret_written_into_the_store_by_hand_is_shown_masked_and_not_exported(podium, whole):
    podium(f"apply -f {whole} --yes")
    record = ConfigStore().components("orchestrator").get("sky")
    edited = ComponentRecord("orchestrator", "sky", "cloud", {**record.config, "ticket": "marker-secret"})
    ConfigStore().components("orchestrator").put(edited)
    shown = podium(f"apply -f {whole} --dry-run").out
    assert "config.ticket: ******** -> {{orchestrator.sky.ticket}}" in shown
    exported = podium("stack export dev").out
    assert "ticket: '{{orchestrator.sky.ticket}}'" in exported
    assert "marker-secret" not in shown + exported


def test_the_built_in_objects_may_stand_in_a_file_but_not_change(podium, file):
    same = file("artifact-stores: {default: {flavor: local}}\n", "same.yaml")
    other = file("artifact-stores: {default: {flavor: local, config: {path: /x}}}\n", "other.yaml")
    assert podium(f"apply -f {same}").err == "nothing to change\n"
    assert [message for message, _ in faults(podium(f"apply -f {other} --yes"))] == [
        "artifact-store 'default' is built in and cannot be changed"
    ]


def test_import_gives_the_stack_another_name(podium, whole):
    assert podium(f"stack import prod -f {whole} --yes").code == 0
    assert ConfigStore().stacks.names() == ["default", "prod"]


def test_import_as_another_name_takes_a_file_of_one_stack(podium, file):
    result = podium(f"stack import prod -f {file('orchestrators: {}')} --yes")
    assert (result.code, "there are 0 stacks" in result.err) == (2, True)


def test_an_exported_file_replaces_the_old_one_and_leaves_nothing_else(podium, file):
    file("old", "copy.yaml")
    podium("stack export default copy.yaml")
    assert [path.name for path in Path.cwd().iterdir()] == ["copy.yaml"]
    assert "default" in Path("copy.yaml").read_text(encoding="utf-8")


def test_exporting_into_a_folder_that_is_not_there_is_an_error(podium):
    result = podium("stack export default nowhere/copy.yaml")
    assert (result.code, "No such file" in result.err) == (1, True)


def test_200_objects_take_one_process_and_little_time(podium, file):
    names = [f"o{number}" for number in range(100)]
    text = json.dumps(
        {
            "orchestrators": {name: {"flavor": "local"} for name in names},
            "stacks": {name: {"components": {"orchestrator": name, "artifact-store": "default"}} for name in names},
        }
    )
    start = time.process_time()
    assert podium(f"apply -f {file(text)} --yes").code == 0
    assert time.process_time() - start < 4
    assert len(ConfigStore().stacks.names()) == 101


def test_an_apply_that_was_killed_is_gone_on_with(file, home):
    name = file(json.dumps({"orchestrators": {f"o{number}": {"flavor": "local"} for number in range(30)}}))
    for _ in range(round(3 * SCALE)):
        process = subprocess.Popen([sys.executable, "-m", "podium", "apply", "-f", name, "--yes"], stderr=-3, stdout=-3)
        time.sleep(random.uniform(0.2, 0.7))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for record in ConfigStore().components("orchestrator").all():
            assert record.flavor == "local"
    assert run(["apply", "-f", name, "--yes"]) == 0
    assert len(ConfigStore().components("orchestrator").all()) == 31


def test_import_asks_for_the_secrets_that_are_missing_and_keeps_them(podium, file):
    open_vault().write("vault", {"other": "x"})
    code, shown = on_a_terminal(
        ["stack", "import", "-f", file(WHOLE)],
        ("secret vault, docker: ", "marker-password"),
        ("secret orchestrator.sky, ticket: ", "marker-ticket"),
        ("make these changes? [y/N]: ", "y"),
    )
    assert code == 0
    assert "+ secret vault: docker" in shown
    assert "marker" not in shown
    assert open_vault().read("vault") == {"other": "x", "docker": "marker-password"}
    assert open_vault().read("orchestrator.sky") == {"ticket": "marker-ticket"}
    assert podium("stack export dev").out == WHOLE


def test_an_import_that_is_not_consented_to_keeps_nothing(file, files):
    before = files()
    code, shown = on_a_terminal(
        ["stack", "import", "-f", file(WHOLE)],
        ("secret vault, docker: ", "marker-password"),
        ("secret orchestrator.sky, ticket: ", "marker-ticket"),
        ("make these changes? [y/N]: ", "n"),
    )
    assert (code, "nothing was changed" in shown) == (1, True)
    assert files() == before
