"""Where nothing can be written, each command says so in a line, and nothing is lost."""

import ctypes
import resource
from contextlib import contextmanager

import pytest

CHANGES = [
    "orchestrator register new -f local --max_parallel_steps=2",
    "orchestrator register new -f nimbus --region=eu --token=token",
    "orchestrator update base --size=2",
    "orchestrator update base --token=token",
    "orchestrator rename base new",
    "orchestrator copy base new",
    "orchestrator remove-attribute base account",
    "orchestrator connect base -c sky -r data --no-verify",
    "service-connector update sky --token=token --no-verify",
    "stack register new -o base -a default --force",
    "stack set default",
    "secret update extra --a=2",
]
_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


def allow_no_byte():
    """What a full disk does, to this process alone."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def obey_permissions():
    """Take from root what lets it write anywhere, once it starts another program; others have it not."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


@contextmanager
def read_only(home):
    """Keep everything below a folder from being written by whoever obeys permissions."""
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    yield
    for folder in folders:
        folder.chmod(0o700)


def test_a_full_disk_is_said_and_changes_nothing(filled):
    before = filled.files(), filled.secrets()
    for line in CHANGES:
        result = filled(line, preexec_fn=allow_no_byte)
        assert (result.returncode, result.stdout) == (1, ""), line
        assert fault(result) == "error: File too large", line
        assert f"  at {filled.home}/" in result.stderr, line
        assert (filled.files(), filled.secrets()) == before, line
        assert not list(filled.home.rglob(".new")), line


def test_a_store_that_can_only_be_read_is_said_and_unchanged(filled):
    before = filled.files(), filled.secrets()
    with read_only(filled.home):
        for line in [*CHANGES, "orchestrator disconnect base", "stack delete spare --yes", "secret delete extra --yes"]:
            result = filled(line, preexec_fn=obey_permissions)
            assert (result.returncode, result.stdout) == (4, ""), line
            assert fault(result) == "error: Permission denied", line
            assert f"  at {filled.home}/" in result.stderr, line
    assert (filled.files(), filled.secrets()) == before


@pytest.mark.parametrize("line", ["orchestrator list", "orchestrator describe base", "stack describe dev"])
def test_what_can_only_be_read_is_read(filled, line):
    with read_only(filled.home):
        assert filled(line, preexec_fn=obey_permissions).returncode == 0


def fault(result):
    """Return the line that says what is wrong, without the warnings before it."""
    return next(line for line in result.stderr.splitlines() if line.startswith("error:"))
