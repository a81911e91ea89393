"""Which folders of the code steps import modules from."""

import sys

import pytest

from podium.core.code.path import code_path


@pytest.fixture
def root(project):
    return project({"flow.py": "", "pipelines/flow.py": "", "src/pkg/__init__.py": "", "env/lib/os.py": ""})


def test_a_pipeline_imports_from_its_own_folder_first_and_from_the_root(root):
    assert code_path(root / "flow.py", root) == (".",)
    assert code_path(root / "pipelines" / "flow.py", root) == ("pipelines", ".")
    assert code_path(None, root) == (".",)


def test_folders_of_the_code_that_are_on_the_path_here_are_so_there(root, monkeypatch):
    inside = [str(root / "src"), str(root / "pipelines"), str(root / "missing"), str(root), "/usr/lib"]
    monkeypatch.setattr(sys, "path", inside)
    assert code_path(root / "flow.py", root) == (".", "src", "pipelines")


def test_what_is_installed_is_not_of_the_code(root, monkeypatch):
    for folder in ("env/lib/site-packages", "vendor/site-packages"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(root / "env/lib"), str(root / "vendor/site-packages"), str(root / "src")])
    monkeypatch.setattr(sys, "prefix", str(root / "env"))
    assert code_path(root / "flow.py", root) == (".", "src")


def test_a_root_that_is_a_link_is_looked_through(root, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(root)
    monkeypatch.setattr(sys, "path", [str(root / "src")])
    assert code_path(tmp_path / "link" / "pipelines" / "flow.py", tmp_path / "link") == ("pipelines", ".", "src")
