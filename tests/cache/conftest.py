"""Source trees, and functions that say they were defined in one."""

from types import CodeType, FunctionType

import pytest

from podium.core.cache.fingerprint import fingerprint


@pytest.fixture
def write():
    """Write files below a root, which is returned."""

    def write_files(root, files):
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return root

    return write_files


@pytest.fixture
def defined():
    """The functions of a source as if typed into a file of this name, without running the source."""

    def define(source, file, **names):
        for code in compile(source, str(file), "exec").co_consts:
            if isinstance(code, CodeType):
                names[code.co_name] = FunctionType(code, names)
        return names

    return define


@pytest.fixture
def code_of(defined):
    """The fingerprint of the function `train` of a file, whose imports need not work."""

    def take(file, root):
        return fingerprint(defined("def train(): ...\n", file)["train"], root)

    return take
