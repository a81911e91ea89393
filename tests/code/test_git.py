"""What a run records of git."""

import os
import time
from pathlib import Path

import pytest

from podium.core.code.git import read_commit


@pytest.fixture
def repository(project, git):
    """A repository with one commit."""
    root = project({"a.py": "", "sub/b.py": "", ".gitignore": "*.log\n"}, "repository")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_the_commit_is_named(repository, git):
    assert read_commit(repository) == (git(repository, "rev-parse", "HEAD"), False)
    assert read_commit(repository / "sub") == (git(repository, "rev-parse", "HEAD"), False)


@pytest.mark.parametrize("change", ["changed", "new", "deleted", "staged"])
def test_what_is_not_committed_makes_it_dirty(repository, git, change):
    if change == "deleted":
        (repository / "sub" / "b.py").unlink()
    else:
        (repository / "sub" / ("new.py" if change == "new" else "b.py")).write_text("x")
    if change == "staged":
        git(repository, "add", ".")
    assert read_commit(repository).dirty
    assert read_commit(repository / "sub").dirty


def test_changes_elsewhere_and_ignored_files_do_not_count(repository):
    (repository / "a.py").write_text("x")
    (repository / "sub" / "x.log").write_text("x")
    assert not read_commit(repository / "sub").dirty


def test_before_the_first_commit_there_is_none(project, git):
    root = project({"a.py": ""})
    git(root, "init", "-q")
    assert read_commit(root) == (None, True)


def test_a_worktree_has_its_own_commit(repository, git, tmp_path):
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "-worktree"))
    (tmp_path / "-worktree" / "a.py").write_text("x")
    git(tmp_path / "-worktree", "commit", "-q", "-a", "-m", "second")
    assert read_commit(tmp_path / "-worktree") == (git(tmp_path / "-worktree", "rev-parse", "HEAD"), False)


def test_outside_of_repositories_there_is_none(project):
    assert read_commit(project({"a.py": ""})) is None


def test_without_git_there_is_none(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert read_commit(repository) is None


def test_a_repository_that_git_does_not_trust_is_left_alone(repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert read_commit(repository) is None


def test_variables_of_a_hook_that_runs_podium_lead_nowhere_else(repository, project, git, monkeypatch):
    other = project({"a.py": ""}, "other")
    git(other, "init", "-q")
    expected = read_commit(repository)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert read_commit(repository) == expected


def test_git_is_not_waited_for_long(repository, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "git"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("podium.core.code.git.PATIENCE", 0.2)
    started = time.monotonic()
    assert read_commit(repository) is None
    assert time.monotonic() - started < 10


def test_nothing_is_written(repository):
    index = repository / ".git" / "index"
    os.utime(repository / "a.py", (1, 1))
    before = {path: path.stat().st_mtime_ns for path in Path(repository).rglob("*")}
    content = index.read_bytes()
    read_commit(repository)
    assert {path: path.stat().st_mtime_ns for path in Path(repository).rglob("*")} == before
    assert index.read_bytes() == content
