import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

ASKED = """
from podium.core.paths import config_home, default_store_path
print(config_home(), default_store_path())
"""
PLATFORMDIRS = """
from platformdirs import user_config_path, user_data_path
print(user_config_path("podium"), user_data_path("podium") / "artifacts")
"""


HOMES, CONFIGS, DATAS = (None, "", "relative", "/the/home/"), (None, "", "relative", "/my/files"), (None, "/my/data")


@pytest.mark.parametrize(("home", "config", "data"), [*product(HOMES, CONFIGS, DATAS)])
def test_the_folders_are_those_of_platformdirs(home, config, data):
    given = {"HOME": home, "XDG_CONFIG_HOME": config, "XDG_DATA_HOME": data}
    here = {"PATH": os.environ["PATH"], **{name: value for name, value in given.items() if value is not None}}
    asked, expected = (
        subprocess.run([sys.executable, "-c", program], env=here, capture_output=True, text=True, check=True).stdout
        for program in (ASKED, PLATFORMDIRS)
    )
    assert asked == expected
    assert Path(expected.split()[0]).name == "podium"
