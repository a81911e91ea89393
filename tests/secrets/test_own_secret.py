import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.core.secrets.own_secret import changed_keys, own_keys, renamed, store_with_secret
from podium.core.secrets.references import reference
from podium.core.secrets.vault import open_vault

OWNER = "service-connector.sky"
NAMES = st.text("abcXYZ0189_-", min_size=1, max_size=8)
CONFIGS = st.dictionaries(
    NAMES,
    st.recursive(
        st.none()
        | st.integers()
        | st.text(max_size=8)
        | st.builds(reference, st.sampled_from([OWNER, "other"]), NAMES),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=5,
)


@pytest.fixture(autouse=True)
def vault(tmp_path, monkeypatch):
    """Give each test a vault of its own."""
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    return open_vault()


def referring(*keys):
    return {key: reference(OWNER, key) for key in keys}


@given(CONFIGS)
def test_references_are_renamed_there_and_back(config):
    moved = renamed(config, OWNER, "service-connector.moon")
    assert own_keys(moved, OWNER) == set()
    assert own_keys(moved, "service-connector.moon") == own_keys(config, OWNER)
    assert own_keys(moved, "other") == own_keys(config, "other")
    assert renamed(moved, "service-connector.moon", OWNER) == config


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text("xy", max_size=2), min_size=1), min_size=1, max_size=4))
def test_a_secret_holds_what_its_config_refers_to(versions):
    before, held = {}, {}
    for values in versions:
        after = referring(*values)
        assert changed_keys(before, values, OWNER) == {key for key in values if held.get(key) != values[key]}
        store_with_secret(OWNER, before, after, values, lambda: None)
        before, held = after, dict(values)
        assert open_vault().read(OWNER) == held
    store_with_secret(OWNER, before, {}, {}, lambda: None)
    assert open_vault().read(OWNER) is None


def test_values_are_there_before_the_config_and_go_after_it(vault):
    store_with_secret(OWNER, {}, referring("a", "b"), {"a": "1", "b": "2"}, lambda: None)
    seen = []
    store_with_secret(
        OWNER, referring("a", "b"), referring("b", "c"), {"c": "3"}, lambda: seen.append(vault.read(OWNER))
    )
    assert seen == [{"a": "1", "b": "2", "c": "3"}]
    assert vault.read(OWNER) == {"b": "2", "c": "3"}


@pytest.mark.parametrize("before", [{}, {"a": "1"}])
def test_a_config_that_cannot_be_put_leaves_the_secret_as_it_was(vault, before):
    if before:
        store_with_secret(OWNER, {}, referring(*before), before, lambda: None)

    def full_disk():
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        store_with_secret(OWNER, referring(*before), referring("a", "b"), {"a": "2", "b": "3"}, full_disk)
    assert (vault.read(OWNER) or {}) == before
