import subprocess
import sys

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.transfer import load_value, save_value
from podium.core.contracts.materializer import BytesMaterializer, Materializer, Unsuited
from podium.core.errors import PodiumError, UsageError
from podium.core.materializers.registry import by_name, candidates


class Base:
    def __init__(self, text=""):
        self.text = text


class Child(Base):
    pass


class GrandChild(Child):
    pass


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Forget after each test what it defined."""
    candidates(object)
    monkeypatch.setattr(Materializer, "registered", Materializer.registered)


def define(name, *types, **body):
    class TextMaterializer(BytesMaterializer):
        def encode(self, value):
            return value.text.encode()

        def decode(self, data, expected):
            return (expected or Base)(data.decode())

    Materializer.registered.pop("TextMaterializer", None)
    return type(name, (TextMaterializer,), {"types": types, "suffix": ".text", **body})


def test_a_users_materializer_serves_its_type_and_subclasses(store):
    define("Custom", Base)
    for value in (Base("1"), Child("2"), GrandChild("3")):
        record = save_value(store, value.text, value)
        assert (record.materializer, record.key) == ("Custom", f"{value.text}.text")
        assert load_value(store, record, type(value)).text == value.text


def test_the_most_specific_type_wins_whatever_the_order():
    for_child = define("ForChild", Child)
    for_base = define("ForBase", Base)
    assert candidates(Base)[0] is for_base
    assert candidates(GrandChild)[:2] == (for_child, for_base)


def test_a_later_definition_wins_for_the_same_type():
    first = define("First", Base)
    assert candidates(Base)[0] is first
    second = define("Second", Base)
    assert candidates(Base)[:2] == (second, first)


def test_a_users_materializer_goes_before_built_in_ones_in_a_process_that_defines_it_first():
    code = """
from podium.core.contracts.materializer import BytesMaterializer
class Mine(BytesMaterializer):
    types = (dict,)
    encode = decode = None
from podium.core.materializers.registry import candidates
print(candidates(dict)[0].__name__, candidates(list)[0].__name__)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "Mine JSONMaterializer\n"


def test_a_type_given_by_name_is_matched():
    by_name_of_type = define("ByName", f"{__name__}:Child")
    assert candidates(GrandChild)[0] is by_name_of_type
    assert by_name_of_type not in candidates(Base)


def test_a_users_materializer_serves_members_of_containers(store):
    define("Custom", Base)
    loaded = load_value(store, save_value(store, "v", {"a": [Base("x")]}), trust=False)
    assert loaded["a"][0].text == "x"


def test_what_it_declines_goes_to_the_next_one(store):
    def decline(self, value):
        raise Unsuited("not today")

    define("ForBase", Base)
    define("Declining", Child, encode=decline)
    assert save_value(store, "v", Child("x")).materializer == "ForBase"
    with pytest.raises(PodiumError, match=r"cannot save a value of type .*Child: not today"):
        save_value(store, "w", Child("x"), materializer="Declining")


def test_a_materializer_can_be_asked_for_by_name(store):
    define("Chosen")
    record = save_value(store, "v", Base("x"), materializer="Chosen")
    assert record.materializer == "Chosen"
    assert load_value(store, record).text == "x"


def test_two_classes_of_one_name_are_refused():
    with pytest.raises(UsageError, match="two materializers are named JSONMaterializer"):
        define("JSONMaterializer", Base)
    assert by_name("JSONMaterializer").__module__ == "podium.core.materializers.structured"


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(
        UsageError, match=r"no materializer 'JSONMaterialiser' here\nhint: .*; or did you mean 'JSONMaterializer'"
    ):
        by_name("JSONMaterialiser")


def test_faults_of_a_users_materializer_are_its_own(store):
    def fail(self, value):
        raise ZeroDivisionError("in user code")

    define("Faulty", Base, encode=fail)
    with pytest.raises(PodiumError, match=r"Faulty cannot save a value of type .*: ZeroDivisionError: in user code"):
        save_value(store, "v/x", Base())
    assert store.names("v") == []


def test_a_materializer_that_writes_nothing_is_told_so(store):
    class Lazy(Materializer):
        types = (Base,)

        def save(self, *_):
            pass

        def load(self, *_):
            return Base()

    with pytest.raises(PodiumError, match=r"Lazy\.save wrote nothing"):
        save_value(store, "v/x", Base())
    assert store.names("v") == []
