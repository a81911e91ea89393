import sys

import pytest

from podium.core.errors import MissingToolError
from podium.core.sdks import require


def test_a_module_that_is_there_is_returned():
    assert require("json.decoder", "aws") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["absent_sdk", "absent_sdk.client"])
def test_a_module_that_is_not_there_names_what_installs_it(module):
    with pytest.raises(MissingToolError) as caught:
        require(module, "aws")
    assert str(caught.value) == "absent_sdk is not installed\nhint: podium integration install aws"


def test_a_module_that_breaks_over_another_one_is_not_said_to_be_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_sdk.py").write_text("import absent_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="absent_dependency") as caught:
        require("broken_sdk", "aws")
    assert not isinstance(caught.value, MissingToolError)
