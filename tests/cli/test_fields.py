from collections.abc import Mapping
from typing import Literal

import pytest

from podium.cli.fields import read_fields
from podium.core.contracts.component import Settings
from podium.core.errors import UsageError
from podium.core.secrets.secret import Secret


class Config(Settings):
    text: str | None = None
    hosts: list[str] | None = None
    ports: tuple[int, ...] | None = None
    env: dict[str, str] | None = None
    anything: Mapping[str, object] | None = None
    mode: Literal["a", "b"] = "a"
    size: int = 1
    on: bool = False
    token: Secret | None = None


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--hosts=1.2.3.4, 4.3.2.1"], {"hosts": ["1.2.3.4", "4.3.2.1"]}),
        (['--hosts=["a,b", "c"]'], {"hosts": ["a,b", "c"]}),
        (["--hosts="], {"hosts": []}),
        (["--hosts={{machines.names}}"], {"hosts": ["{{machines.names}}"]}),
        (["--ports=22,2222"], {"ports": (22, 2222)}),
        (['--env={"A": "1"}'], {"env": {"A": "1"}}),
        (['--anything={"a": [1]}'], {"anything": {"a": [1]}}),
        (['--text={"not": "json"'], {"text": '{"not": "json"'}),
        (["--text=@@home"], {"text": "@home"}),
        (["--text=a=b"], {"text": "a=b"}),
        (["--text="], {"text": ""}),
        (["--size=-5"], {"size": -5}),
        (['--token={"a": 1}'], {"token": Secret('{"a": 1}')}),
        (["--on", "--mode=b"], {"on": True, "mode": "b"}),
    ],
)
def test_values_are_read_by_the_fields_type(args, expected):
    assert Config(**read_fields(args, Config)).given() == expected


def test_broken_json_names_the_field():
    with pytest.raises(UsageError) as caught:
        read_fields(['--env={"A": 1'], Config)
    assert caught.value.where == "--env"


def test_bytes_that_are_not_text_are_refused():
    with pytest.raises(UsageError, match="not valid UTF-8"):
        read_fields(["--text=\udcff"], Config)


def test_a_reference_is_left_to_be_resolved_whatever_the_field_takes():
    args = ["--size={{numbers.size}}", "--env={{all.of-it}}", "--token={{a.b}}"]
    assert read_fields(args, Config) == {"size": "{{numbers.size}}", "env": "{{all.of-it}}", "token": "{{a.b}}"}
