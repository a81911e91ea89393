"""Commands killed at any instant leave every file and secret whole, old or new, and can be given again."""

import os
import random
import shutil
import signal
import time
from itertools import cycle, islice

from podium.core.kinds import KINDS
from podium.core.secrets.references import references

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
COMMANDS = (
    "orchestrator register new{n} -f nimbus --region=eu --token=token{n}",
    "orchestrator update {base} --size={n} --token=token{n}",
    "orchestrator rename {base} base{n}",
    "orchestrator copy {base} copy{n}",
    "orchestrator delete {other} --yes",
    "orchestrator connect {base} -c sky -r data{n} --no-verify",
    "orchestrator update {base} --account=account{n}",
    "orchestrator remove-attribute {base} account",
    "orchestrator register {base} -f nimbus --region=us --token=token{n} --update",
    "service-connector update sky --token=token{n} --no-verify",
    "stack register stack{n} -o {base} -a default --force --set",
    "stack set default",
    "secret update extra --a=value{n}",
    "artifact-store register data{n} -f local --path=/data",
)


def test_what_a_killed_command_leaves_is_whole(filled, tmp_path):
    began = time.monotonic()
    filled("orchestrator update base --token=first")
    seconds = time.monotonic() - began
    for number, template in enumerate(islice(cycle(COMMANDS), round(20 * SCALE))):
        names = [name for name in filled.store().components("orchestrator").names() if name != "default"]
        base = filled.store().stacks.get("dev").components["orchestrator"]
        other = next((name for name in names if name.startswith("copy")), "new0")
        line = template.format(n=number, base=base, other=other)
        files, secrets = filled.files(), filled.secrets()
        new_files, new_secrets = undisturbed(filled, line, tmp_path / f"copy{number}")

        process = filled.start(line)
        time.sleep(random.uniform(0.3, 1.1) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()

        found = filled.files()
        for path in {*files, *new_files, *found}:
            assert found.get(path) in (files.get(path), new_files.get(path)), line
        for name, values in filled.secrets().items():
            before, after = secrets.get(name, {}), new_secrets.get(name, {})
            assert values in (before, after, {**before, **after}), line
        check_links(filled.store(), filled.secrets())
        assert filled.here(line) in {0, 3}  # 3: what was to be renamed or deleted is gone
        assert filled.files() == new_files, line


def undisturbed(podium, line, folder):
    """Run a command on a copy; return the files and secrets that it leaves."""
    shutil.copytree(podium.home, folder)
    copy = type(podium)(folder)
    assert copy.here(line) == 0, line
    return copy.files(), copy.secrets()


def check_links(store, secrets):
    """Check that what each object names is there."""
    records = [record for kind in KINDS for record in store.components(kind).all()]
    for record in [*records, *store.connectors.all()]:
        for name, key in references(dict(record.config)):
            assert key in secrets[name], record
    for record in records:
        assert record.connector in {None, *store.connectors.names()}
    for stack in store.stacks.all():
        for kind, name in stack.components.items():
            assert name in store.components(kind).names()
    assert store.active_stack() in {None, *store.stacks.names()}
