from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.core.errors import PodiumError
from podium.core.store.document import MAX_BYTES, dump_document, read_document

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT | st.from_regex(r"[-+0-9_.:eExoyYnN~<=]{1,8}", fullmatch=True)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("documents") / "x.yaml"


def fault(file, text):
    """Read a text that is not valid; return its message and the line named."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PodiumError) as caught:
        read_document(file, ("config",))
    path, _, line = (caught.value.where or "").partition(", line ")
    assert path == str(file)
    return caught.value.message, int(line) if line else None


@given(value=JSON)
def test_every_json_value_comes_back_as_it_was(file, value):
    file.write_bytes(dump_document({"config": value}))
    found = read_document(file, ("config",)).values["config"]
    assert found == value
    assert repr(found) == repr(value)


@given(data=st.binary(max_size=200) | st.text("[]{}:-&*!|>'\"#%@,? \n\tab1", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused_as_podium_errors(file, data):
    file.write_bytes(data)
    with suppress(PodiumError):
        assert set(read_document(file, ("config",)).values) <= {"config", "format"}


@pytest.mark.parametrize("text", ["no", "on", "010", "0x1F", "1_000", "1:30", "2024-01-01", "1e3", "=", "<<"])
def test_words_that_yaml_reads_as_something_else_stay_text(file, text):
    file.write_text(f"config: {text}\n", encoding="utf-8")
    assert read_document(file, ("config",)).values["config"] == text


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "empty", 1),
        ("- a\n", "must hold a mapping", 1),
        ("config: 1\nconfig: 2\n", "duplicate key 'config'", 2),
        ("config:\n  a: &x [1]\n  b: *x\n", "anchors and aliases", 2),
        ("config:\n  a: !!python/object/apply:os.system [id]\n", "tags are not allowed", 2),
        ("config:\n  1: a\n", "keys must be strings", 2),
        ("config: [1, 2\nformat: 1\n", "did not find expected", 2),
        ("config: 1\n---\nconfig: 2\n", "one document", 2),
        ("config: 1\ncolour: 2\n", "unknown key 'colour'", 2),
        ("config: 1\nformat: one\n", "'format' must be a number", 2),
        (b"config: 1\nformat: \xff\n", "UTF-8", 2),
        ("config: 1\n# \x07\n", "character", 2),
    ],
)
def test_a_fault_names_its_line(file, text, message, line):
    found, at = fault(file, text)
    assert message in found
    assert at == line


def test_deep_nesting_is_refused_where_the_parser_would_overflow(file):
    assert "nested deeper" in fault(file, "config: " + "[" * 100_000 + "]" * 100_000)[0]


def test_an_alias_bomb_is_refused_at_once(file):
    bomb = "config:\n  a0: &a0 [x]\n" + "".join(
        f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    assert "aliases" in fault(file, bomb)[0]


def test_a_huge_file_is_refused_unread(file):
    assert "larger than" in fault(file, b"#" * (MAX_BYTES + 1))[0]


def test_a_newer_format_is_refused_with_what_to_install_and_left_alone(file):
    text = "format: 2\nconfig: {}\nfuture: true\n"
    message, _ = fault(file, text)
    assert "format 2" in message
    assert file.read_text(encoding="utf-8") == text


def test_a_file_without_a_format_is_read_as_the_first(file):
    file.write_text("config: {a: 1}\n", encoding="utf-8")
    assert read_document(file, ("config",)).mapping("config") == {"a": 1}
