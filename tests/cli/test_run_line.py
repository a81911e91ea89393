import inspect

import pytest
from typer.main import get_command

from podium.cli.build import build
from podium.cli.run_line import FLAGS, LISTS, VALUES, read_run
from podium.cli.running import run_file

LINES = [
    "f.py",
    "f.py:flow -s dev -p a=1 --param b=2 -c run.yaml --name n --quiet --no-cache --output json",
    "--dry-run f.py --strict-resources --no-strict-resources",
    "--no-strict-resources f.py --strict-resources -q --in-process",
    "f.py --schedule @daily --schedule-name s --detach -d",
    "f.py a b -q c -- -q -- --help",
    "-q -- f.py --quiet",
    "f.py --stack a --stack b",
]
LEFT = ["", "-q", "--help", "f.py -h", "f.py --name", "f.py --name=n", "f.py -qd", "f.py -p -x=1", "f.py --nope", "-"]


@pytest.fixture
def typer_read(monkeypatch, podium):
    """Return the arguments of `run_file` that Typer makes of a line."""

    def read(line):
        calls = []
        monkeypatch.setattr("podium.cli.commands.run.run_file", lambda *args, **given: calls.append((args, given)))
        monkeypatch.setattr("podium.cli.main.read_run", lambda _: None)
        assert podium(f"run {line}").code == 0
        ((args, given),) = calls
        return complete(*args, **given)

    return read


def complete(*args, **given):
    bound = inspect.signature(run_file).bind(*args, **given)
    bound.apply_defaults()
    return {name: value or None if name in {"param", "arguments"} else value for name, value in bound.arguments.items()}


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_read_as_typer_reads_it(line, typer_read):
    assert complete(**read_run(["run", *line.split()])) == typer_read(line)


@pytest.mark.parametrize("line", LEFT)
def test_the_rest_is_left_to_typer(line):
    assert read_run(["run", *line.split()]) is None


@pytest.mark.parametrize("line", ["runs list", "--debug run f.py", ""])
def test_no_other_command_is_read(line):
    assert read_run(line.split()) is None


def test_every_option_is_known():
    known = {option: (name, "value") for option, name in VALUES.items()}
    known |= {option: (name, "list") for option, name in LISTS.items()}
    known |= {option: (name, value) for option, (name, value) in FLAGS.items()}
    group = get_command(build(["run"]))
    with group.make_context("podium", ["run"]) as context:
        command = group.get_command(context, "run")
    there = {}
    for param in command.params:
        if param.param_type_name == "option":
            kind = True if param.is_flag else "list" if param.multiple else "value"
            there |= dict.fromkeys(param.opts, (param.name, kind))
            there |= dict.fromkeys(param.secondary_opts, (param.name, False))
    there.pop("--help", None)
    assert there == known
