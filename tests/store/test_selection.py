import pytest

from podium.core.errors import NotFoundError
from podium.core.stacks.changes import activate, register
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import StackRecord
from podium.core.store.selection import find_repository, repository_file, select_stack, selected_stack


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with a stack for each place that may choose one, and the working directory inside a repository."""
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PODIUM_STACK", raising=False)
    (tmp_path / "project/.podium").mkdir(parents=True)
    (tmp_path / "project/src/deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project/src/deep")
    store = ConfigStore()
    for name in ("asked", "environment", "pinned", "active"):
        register(StackRecord(name, store.stacks.get("default").components), store)
    return store


def test_each_place_that_may_choose_beats_the_next(store, tmp_path, monkeypatch):
    chosen = [select_stack(store).stack]
    activate("active", store)
    chosen.append(select_stack(store).stack)
    activate("pinned", store, pin=repository_file(tmp_path / "project"))
    chosen.append(select_stack(store).stack)
    monkeypatch.setenv("PODIUM_STACK", "environment")
    chosen.append(select_stack(store).stack)
    chosen.append(select_stack(store, "asked").stack)
    assert chosen == ["default", "active", "pinned", "environment", "asked"]


def test_the_nearest_repository_counts(store, tmp_path, monkeypatch):
    inner = tmp_path / "project/src"
    assert find_repository(inner / "deep") == tmp_path / "project"
    (inner / ".podium").mkdir()
    assert find_repository(inner / "deep") == inner


def test_the_config_home_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / ".podium"))
    (tmp_path / ".podium").mkdir()
    assert find_repository(tmp_path) != tmp_path


def test_a_chosen_stack_that_does_not_exist_says_what_chose_it(store, monkeypatch):
    monkeypatch.setenv("PODIUM_STACK", "environmemt")
    with pytest.raises(NotFoundError) as caught:
        selected_stack(store)
    assert caught.value.where == "chosen by PODIUM_STACK"
    assert caught.value.hint == "did you mean 'environment'?"
