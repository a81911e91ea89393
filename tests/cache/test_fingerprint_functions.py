"""Fingerprints of functions that are wrapped, nested or without a source, and of one tree in different processes."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from podium.core.cache.fingerprint import fingerprint
from podium.core.errors import UsageError

CALLS = "import lib\ndef train():\n    return lib.score(1)\n"


@pytest.fixture
def run(tmp_path, write):
    """Fingerprint of what a file names `train` once it has run."""

    def run_file(source):
        root = write(tmp_path / str(len(list(tmp_path.iterdir()))), {"pipe.py": source})
        return fingerprint(runpy.run_path(str(root / "pipe.py"))["train"], root)

    return run_file


@pytest.fixture
def typed(defined):
    """Fingerprint of the function `train` of a source typed at a prompt."""
    return lambda source: fingerprint(defined(source, "<stdin>")["train"], None)


def test_the_fingerprint_is_that_of_the_function_inside_its_wrappers(tmp_path, write, run, code_of):
    source = "from functools import lru_cache\n@lru_cache\ndef train(): ...\n"
    root = write(tmp_path / "plain", {"pipe.py": source})
    assert run(source) == code_of(root / "pipe.py", root)


def test_what_a_decorator_without_wraps_hides_counts(run):
    source = (
        "def plain(f):\n    def call():\n        return f()\n    return call\n@plain\ndef train():\n    return {}\n"
    )
    assert run(source.format(1)) != run(source.format(2))


def test_a_nested_function_counts_with_the_function_around_it(run):
    source = "def make():\n    n = {}\n    def inner():\n        return n\n    return inner\ntrain = make()\n"
    assert run(source.format(1)) != run(source.format(2))


def test_a_lambda_counts_by_the_statement_that_holds_it(run):
    source = "N = {}\ntrain = lambda: N\n"
    assert run(source.format(1)) != run(source.format(2))


def test_a_function_without_a_file_counts_by_what_it_does(typed):
    source = "def train():\n    return [n + {} for n in range(3)]\n"
    assert typed(source.format(1)) != typed(source.format(2))


def test_where_a_function_without_a_file_was_typed_does_not_count(typed):
    assert typed("def train():\n    return 1\n") == typed("\n# again\ndef train():\n\n    return 1\n")


def test_a_helper_typed_beside_a_function_without_a_file_counts(typed):
    source = "def half(n):\n    return n / {}\ndef train():\n    return [half(n) for n in range(3)]\n"
    assert typed(source.format(2)) != typed(source.format(3))


def test_a_helper_with_a_source_counts_for_a_function_without_one(tmp_path, write, defined):
    found = []
    for number in (1, 2):
        root = write(tmp_path / str(number), {"lib.py": f"def helper():\n    return {number}\n"})
        helper = defined("def helper(): ...\n", root / "lib.py")["helper"]
        train = defined("def train():\n    return helper()\n", "<stdin>", helper=helper)["train"]
        found.append(fingerprint(train, root))
    assert found[0] != found[1]


def test_what_is_no_function_is_refused():
    with pytest.raises(UsageError, match="is not a Python function"):
        fingerprint(print, None)


def test_an_edit_is_seen_by_the_same_process(tmp_path, write, code_of):
    file = write(tmp_path, {"pipe.py": CALLS, "lib.py": "def score(n): ...\n"}) / "pipe.py"
    before = code_of(file, tmp_path)
    write(tmp_path, {"lib.py": "def score(n):\n    return n\n"})
    assert code_of(file, tmp_path) != before


def test_a_module_that_appears_is_seen_by_the_same_process(tmp_path, write, code_of):
    file = write(tmp_path, {"pipe.py": CALLS}) / "pipe.py"
    before = code_of(file, tmp_path)
    write(tmp_path, {"lib.py": "def score(n): ...\n"})
    assert code_of(file, tmp_path) != before


def test_a_file_is_read_once_however_many_steps_it_has(tmp_path, write, defined, monkeypatch):
    steps = "".join(f"def step_{number}(a):\n    return [a, {number}]\n" for number in range(100))
    file = write(tmp_path, {"pipe.py": steps}) / "pipe.py"
    opened = []
    monkeypatch.setattr(Path, "read_bytes", lambda path, read=Path.read_bytes: opened.append(path) or read(path))
    digests = {fingerprint(function, tmp_path) for function in defined(steps, file).values()}
    assert (len(digests), opened) == (100, [file])


def test_the_root_may_be_reached_through_a_link(tmp_path, write, code_of):
    root = write(tmp_path / "real", {"pipe.py": CALLS, "lib.py": "def score(n): ...\n"})
    (tmp_path / "link").symlink_to(root)
    assert code_of(tmp_path / "link" / "pipe.py", root) == code_of(root / "pipe.py", root)


SCRIPT = """import sys
from pathlib import Path
from podium.core.cache.fingerprint import fingerprint
sys.path.insert(0, sys.argv[1])
import pipe
typed = {}
exec("def f(a):\\n    return a in {'x', 'y', 'z', 'w'}, lambda: {1.5: 'ü'}", typed)
print(fingerprint(pipe.train, Path(sys.argv[1])), fingerprint(typed["f"], None))
"""


def test_hash_seed_locale_time_zone_and_folder_do_not_count(tmp_path, write):
    files = {
        "print.py": SCRIPT,
        "pipe.py": "from lib import *\nimport lib as b\ndef train():\n    return b.KNOWN, score({'ü': 1}, other)\n",
        "lib.py": "KNOWN = {'a', 'b', 'ü'}\ndef score(n, f):\n    return f(n)\ndef other(n):\n    return KNOWN | {n}\n",
    }
    settings = [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "7", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"},
        {"PYTHONHASHSEED": "99", "LC_ALL": "POSIX", "TZ": "America/New_York", "PYTHONUTF8": "0"},
    ]
    printed = set()
    for number, variables in enumerate(settings):
        root = write(tmp_path / f"checkout {number}", files)
        command = [sys.executable, str(root / "print.py"), str(root)]
        printed.add(subprocess.run(command, env=os.environ | variables, capture_output=True, check=True).stdout)
    assert len(printed) == 1
