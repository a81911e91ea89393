"""What holds for every command, whichever it is: they are found by walking the command line."""

import io
import re
import resource
import shutil
import subprocess
import sys

import pytest
from every_command import call, commands, make_home

from podium.cli.absent import ABSENT
from podium.cli.field_command import FieldCommand
from podium.cli.main import COMMANDS

EVERY = commands()
ATTEMPTS = 3
"""Processors that are shared make a command take longer than it does."""
HANGING = 10
"""Seconds within which a command that takes less than one of a processor ends, whatever else goes on here."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    return folder, make_home(folder)


@pytest.fixture
def everything(made, tmp_path, monkeypatch):
    """Work in a copy of a folder and home with one of everything."""
    folder, variables = made
    work = tmp_path / "copy"
    shutil.copytree(folder, work)
    monkeypatch.chdir(work)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace(str(folder), str(work)))
    return work


@pytest.mark.parametrize("words", EVERY)
def test_with_stdin_closed_it_ends_within_a_second_and_sends_no_escapes(everything, monkeypatch, words):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    line = call(words, EVERY[words])
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "podium", *line]
    for _ in range(ATTEMPTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(closed, capture_output=True, text=True, timeout=HANGING, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "Traceback" not in done.stderr
        assert "unexpected fault" not in done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if took < 1:
            return
    pytest.fail(f"{line} takes {took:.1f} s")


@pytest.mark.parametrize("words", EVERY)
def test_with_an_empty_stdin_it_asks_nothing(everything, podium, monkeypatch, words):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("NO_COLOR", "1")
    line = call(words, EVERY[words])
    result = podium(line[0], *line[1:])
    assert result.code in {0, 1, 2, 3, 4, 5, 6}
    assert "unexpected fault" not in result.err
    assert "[y/N]" not in result.out + result.err
    assert "\x1b" not in result.out + result.err
    assert (result.code == 0) or result.err or words in {"doctor", "stack check"}


@pytest.mark.parametrize("words", EVERY)
def test_its_help_says_what_it_does_and_shows_an_example_in_80_columns(podium, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    result = podium(words, "--help")
    assert (result.code, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    first = (EVERY[words].help or "").partition("\n\n")[0].replace("\n", " ")
    found = re.fullmatch(r"[A-Z][^.]+, as in: podium (.+)", first)
    assert found, f"not `What it does, as in: podium {words} …`: {first}"
    example = found[1].split()
    assert example[: len(words.split())] == words.split()
    options = {option for param in EVERY[words].params for option in param.opts}
    given = {word.partition("=")[0] for word in example if word.startswith("-")}
    assert given <= options or issubclass(type(EVERY[words]), FieldCommand)


@pytest.mark.parametrize("word", ABSENT)
def test_nouns_of_tools_with_a_server_say_what_to_use_instead(podium, word):
    for more in ("", "list", "--help"):
        result = podium(word, *more.split())
        assert (result.code, result.out) == (2, "")
        assert re.fullmatch(r"error: podium has no [^\n]+: [^\n]+\n", result.err)


def test_no_noun_is_both_there_and_absent(podium):
    assert ABSENT.keys() & COMMANDS.keys() == set()
    shown = podium("--help").out
    assert [word for word in ABSENT if re.search(rf"^  {word} ", shown, re.MULTILINE)] == []


def test_what_absent_nouns_point_to_exists(podium):
    for line in {line for text in ABSENT.values() for line in re.findall("`podium ([^`]+)`", text)}:
        words = [word for word in line.split() if word.islower() and not word.startswith("-")]
        assert podium(" ".join([*words, "--help"])).code == 0


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_pipeline_runs_with_any_standard_stream_closed(everything, streams):
    closed = ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "podium", "run", "loading.py"]
    done = subprocess.run(closed, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
