"""Decorated functions keep their signatures for type checkers and editors."""

from mypy import api

PROGRAM = """
from podium import ExternalArtifact, pipeline, step

@step
def load(count: int) -> tuple[int, str]:
    return count, ""

@step(enable_cache=False, retry={"max_retries": 1})
def train(rate: float, name: str = "a") -> float:
    return rate

@pipeline(tags=["t"])
def flow(rounds: int = 1) -> None:
    number, text = load(rounds)
    first = train(number, name=text)
    train.with_options(timeout=3)(first, after=[load, first], id="last")

flow(rounds=2).status
reveal_type(train(1.0))
"""

MISTAKES = """
load("a")
train(1.0, nme="b")
step(enable_chace=True)
flow.with_options(timeout=3)
flow("two")
"""


def check(program, tmp_path):
    file = tmp_path / "flow.py"
    file.write_text(program, encoding="utf-8")
    out, err, _ = api.run(["--strict", "--no-incremental", "--python-version=3.10", str(file)])
    assert not err
    return [line.partition("flow.py:")[2] for line in out.splitlines() if "flow.py:" in line]


def test_users_code_is_checked_against_the_functions_signatures(tmp_path):
    found = check(PROGRAM + MISTAKES, tmp_path)
    start = PROGRAM.count("\n") + 1
    reveal, *errors = [line for line in found if "note: " not in line or "Revealed" in line]
    assert 'Revealed type is "float"' in reveal.replace("builtins.", "")
    assert {int(line.partition(":")[0]) - start for line in errors} == set(range(1, 6))
