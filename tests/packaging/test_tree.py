"""Rules for the checkout that no linter knows."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(r"\.\./share[d]|pypi\.or[g]|pythonhoste[d]|" + re.escape(f"{ROOT}/"))


def sources() -> Iterator[tuple[str, str]]:
    """Path and text of every file that people write: what tools make lies in hidden folders, links are not followed."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name == ".ci" or not name.startswith((".", "__", "build", "dist"))]
        for name in names:
            file = Path(folder, name)
            if not file.is_symlink() and file.suffix in {"", ".py", ".toml", ".md", ".yaml", ".yml", ".json"}:
                yield os.fspath(file.relative_to(ROOT)), file.read_text(errors="replace")


def test_no_python_file_is_longer_than_400_lines():
    lengths = {path: text.count("\n") for path, text in sources() if path.endswith(".py")}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_folders_import_each_other_relatively():
    """An absolute import shows type checkers each class twice, by its own path and by the linked one.

    ruff cannot say so: in a checkout that is named podium it takes the relative ones for absolute.
    """
    absolute = re.compile(r"^ *(from|import) podium\b", re.MULTILINE)
    folders = ("cli", "core", "flavors", "connectors")
    assert [path for path, text in sources() if path.startswith(folders) and absolute.search(text)] == []


def test_nothing_refers_to_the_machine_it_was_written_on():
    assert {path: found[0] for path, text in sources() if (found := FOREIGN.search(text))} == {}
