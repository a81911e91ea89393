import copy
import json
import pickle
from typing import Annotated

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.core.contracts.component import About, Settings
from podium.core.errors import DefinitionError
from podium.core.secrets.references import is_key, is_reference, reference, references, resolved
from podium.core.secrets.secret import Secret
from podium.core.secrets.set_apart import secret_fields, set_apart
from podium.core.validation import as_json

MARKER = "m4rker-s3cret"
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)
KEYS = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)


class Login(Settings):
    user: str
    password: Annotated[Secret, About("What lets one in.")]
    token: Annotated[Secret | None, About("Instead of it.")] = None


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, "%s".__mod__, lambda secret: str([secret])])
def test_it_shows_a_mask(show):
    assert MARKER not in show(Secret(MARKER))
    assert "********" in show(Secret(MARKER))
    assert Secret(MARKER).reveal() == MARKER


def test_a_reference_is_no_secret():
    assert str(Secret("{{sky.token}}")) == "{{sky.token}}"
    assert str(Secret("Bearer {{sky.token}}")) == "********"


@pytest.mark.parametrize("dump", [pickle.dumps, cloudpickle.dumps, copy.deepcopy])
def test_it_is_not_pickled(dump):
    with pytest.raises(TypeError, match="not pickled"):
        dump(Secret(MARKER))


def test_settings_show_no_secret():
    login = Login(user="alice", password=MARKER)
    assert login.password.reveal() == MARKER
    assert MARKER not in repr(login) + json.dumps(as_json(login))
    assert login == Login(user="alice", password=Secret(MARKER))
    assert login != Login(user="alice", password=MARKER[1:])


@pytest.mark.parametrize("wrong", [12345678, [MARKER], {"a": MARKER}, None])
def test_what_is_wrong_with_one_is_told_without_it(wrong):
    with pytest.raises(DefinitionError, match="field 'password'") as caught:
        Login(user="alice", password=wrong)
    assert MARKER not in str(caught.value)
    assert "12345678" not in str(caught.value)


def test_secret_fields_are_set_apart_and_references_stay():
    assert secret_fields(Login) == {"password", "token"}
    given = {"user": "alice", "password": MARKER, "token": "{{sky.token}}"}
    kept, apart = set_apart(Login, given, given, "orchestrator.far")
    assert kept == {"user": "alice", "password": "{{orchestrator.far.password}}", "token": "{{sky.token}}"}
    assert apart == {"password": MARKER}


@given(NAMES, KEYS, st.text(max_size=9), st.text(max_size=9))
def test_a_reference_anywhere_becomes_what_is_read(name, key, before, after):
    text = reference(name, key)
    assert is_reference(text)
    assert is_key(key)
    assert list(references({"a": [text, {"b": text}], "c": 1})) == [(name, key)] * 2
    around = before.replace("{", "") + "%s" + after.replace("}", "")
    assert resolved([around.replace("%s", text)], lambda *found: repr(found)) == [
        around.replace("%s", repr((name, key)))
    ]


@pytest.mark.parametrize(
    "text", ["{{}}", "{{a}}", "{{.b}}", "{{a.}}", "{a.b}", "{{a b.c}}", "{{a.b|c}}", "{{ü.b}}", "{{a.b}"]
)
def test_other_braces_are_left_alone(text):
    assert list(references(text)) == []
    assert resolved(text, lambda *_: "wrong") == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_values_without_a_reference_stay_as_they_are(value):
    assert list(references(value)) or resolved(value, lambda *_: "wrong") == value
