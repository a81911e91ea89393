"""Which edits of a source tree change the fingerprint of a step, and which do not."""

import pytest

STEP = "from podium import step\n"
CALLS = STEP + "import lib\n@step\ndef train():\n    return lib.score(1)\n"
REGISTRY = "TABLE = {}\ndef add(name):\n    def keep(c):\n        TABLE[name] = c\n        return c\n    return keep\n"
ADAM = "from registry import add\n@add('adam')\nclass Adam:\n    rate = 1\n"

CHANGED = {
    "the body of the step": (
        {"pipe.py": STEP + "@step\ndef train():\n    return 1\n"},
        {"pipe.py": STEP + "@step\ndef train():\n    return 2\n"},
    ),
    "a default value": ({"pipe.py": "def train(n=1): ...\n"}, {"pipe.py": "def train(n=2): ...\n"}),
    "a name in a default": (
        {"pipe.py": "N = 1\ndef train(n=N): ...\n"},
        {"pipe.py": "N = 2\ndef train(n=N): ...\n"},
    ),
    "an annotation's class": (
        {"pipe.py": "class Model:\n    a: int\ndef train(m: Model): ...\n"},
        {"pipe.py": "class Model:\n    a: str\ndef train(m: Model): ...\n"},
    ),
    "a helper in another module": (
        {"pipe.py": CALLS, "lib.py": "def score(n):\n    return n\n"},
        {"lib.py": "def score(n):\n    return -n\n"},
    ),
    "a helper of a helper": (
        {"pipe.py": CALLS, "lib.py": "def score(n):\n    return half(n)\ndef half(n):\n    return n / 2\n"},
        {"lib.py": "def score(n):\n    return half(n)\ndef half(n):\n    return n // 2\n"},
    ),
    "a constant": (
        {"pipe.py": "RATE = 0.1\ndef train():\n    return RATE\n"},
        {"pipe.py": "RATE = 0.2\ndef train():\n    return RATE\n"},
    ),
    "True instead of 1": (
        {"pipe.py": "def train():\n    return 1\n"},
        {"pipe.py": "def train():\n    return True\n"},
    ),
    "a constant unpacked from a tuple": (
        {"pipe.py": "A, B = 1, 2\ndef train():\n    return B\n"},
        {"pipe.py": "A, B = 1, 3\ndef train():\n    return B\n"},
    ),
    "a class method": (
        {
            "pipe.py": "from lib import M\ndef train():\n    return M().f()\n",
            "lib.py": "class M:\n    def f(self): ...\n",
        },
        {"lib.py": "class M:\n    def f(self):\n        return 1\n"},
    ),
    "a method's decorator": (
        {
            "pipe.py": "from lib import d\nclass M:\n    @d\n    def f(self): ...\ndef train():\n    M()\n",
            "lib.py": "def d(f):\n    return f\n",
        },
        {"lib.py": "def d(f):\n    return print\n"},
    ),
    "a base class": (
        {"pipe.py": "from lib import Base\nclass M(Base): ...\ndef train():\n    M()\n", "lib.py": "class Base: ...\n"},
        {"lib.py": "class Base:\n    n = 1\n"},
    ),
    "a decorator under podium's own": (
        {
            "pipe.py": STEP + "from lib import timed\n@step\n@timed\ndef train(): ...\n",
            "lib.py": "def timed(f):\n    return f\n",
        },
        {"lib.py": "def timed(f):\n    return None\n"},
    ),
    "a local import": (
        {"pipe.py": "def train():\n    from lib import f as g\n    return g()\n", "lib.py": "def f(): ...\n"},
        {"lib.py": "def f():\n    return 1\n"},
    ),
    "a local import of a dotted module": (
        {
            "pipe.py": "def train():\n    import pkg.lib\n    pkg.lib.f()\n",
            "pkg/__init__.py": "",
            "pkg/lib.py": "def f(): ...\n",
        },
        {"pkg/lib.py": "def f():\n    return 1\n"},
    ),
    "a relative import": (
        {
            "pipe.py": "from pkg.a import f\ndef train():\n    f()\n",
            "pkg/a.py": "from .b import f\n",
            "pkg/b.py": "def f(): ...\n",
        },
        {"pkg/b.py": "def f():\n    return 1\n"},
    ),
    "a relative import from two packages above": (
        {
            "pipe.py": "from p.q.a import f\ndef train():\n    f()\n",
            "p/q/a.py": "from ..b import f\n",
            "p/b.py": "def f(): ...\n",
        },
        {"p/b.py": "def f():\n    return 1\n"},
    ),
    "a sibling module imported from a package": (
        {
            "pipe.py": "from pkg import a\ndef train():\n    a.f()\n",
            "pkg/a.py": "from . import b\ndef f():\n    b.g()\n",
            "pkg/b.py": "def g(): ...\n",
        },
        {"pkg/b.py": "def g():\n    return 1\n"},
    ),
    "a name re-exported by a package": (
        {
            "pipe.py": "import pkg as p\ndef train():\n    p.f()\n",
            "pkg/__init__.py": "from .a import f\n",
            "pkg/a.py": "def f(): ...\n",
        },
        {"pkg/a.py": "def f():\n    return 1\n"},
    ),
    "a star import": (
        {"pipe.py": "from lib import *\ndef train():\n    f()\n", "lib.py": "def f(): ...\n"},
        {"lib.py": "def f():\n    return 1\n"},
    ),
    "a star import of a star import that goes in a circle": (
        {
            "pipe.py": "from a import *\ndef train():\n    f()\n",
            "a.py": "from b import *\n",
            "b.py": "from a import *\ndef f(): ...\n",
        },
        {"b.py": "from a import *\ndef f():\n    return 1\n"},
    ),
    "a script's neighbour below the root": (
        {"jobs/pipe.py": "import lib\ndef train():\n    lib.f()\n", "jobs/lib.py": "def f(): ...\n"},
        {"jobs/lib.py": "def f():\n    return 1\n"},
    ),
    "a branch at module level": (
        {"pipe.py": "if FAST:\n    def f(): ...\nelse:\n    def f(): return 1\ndef train():\n    f()\n"},
        {"pipe.py": "if FAST:\n    def f(): ...\nelse:\n    def f(): return 2\ndef train():\n    f()\n"},
    ),
    "the condition of a branch": (
        {"pipe.py": "X = 1\nif X > 1:\n    def f(): ...\ndef train():\n    f()\n"},
        {"pipe.py": "X = 1\nif X > 2:\n    def f(): ...\ndef train():\n    f()\n"},
    ),
    "the fallback of an import": (
        {
            "pipe.py": "try:\n    from c import f\nexcept ImportError:\n    from lib import f\ndef train():\n    f()\n",
            "lib.py": "def f(): ...\n",
        },
        {"lib.py": "def f():\n    return 1\n"},
    ),
    "the order of two assignments": (
        {"pipe.py": "N = 1\nN = 2\ndef train():\n    return N\n"},
        {"pipe.py": "N = 2\nN = 1\ndef train():\n    return N\n"},
    ),
    "a module passed around": (
        {"pipe.py": "import lib\ndef train():\n    return getattr(lib, 'f')()\n", "lib.py": "def f(): ...\n"},
        {"lib.py": "def f():\n    return 1\n"},
    ),
    "a submodule passed around": (
        {"pipe.py": "from pkg import lib\ndef train():\n    return vars(lib)\n", "pkg/lib.py": "def f(): ...\n"},
        {"pkg/lib.py": "def f():\n    return 1\n"},
    ),
    "the package a name comes from": (
        {"pipe.py": "import numpy as xp\ndef train():\n    return xp.zeros(3)\n"},
        {"pipe.py": "import cupy as xp\ndef train():\n    return xp.zeros(3)\n"},
    ),
    "a call that changes a constant": (
        {"pipe.py": "C = {}\nC.update(a=1)\ndef train():\n    return C\n"},
        {"pipe.py": "C = {}\nC.update(a=2)\ndef train():\n    return C\n"},
    ),
    "an item set in another module's constant": (
        {
            "pipe.py": "import cfg, more\ndef train():\n    return cfg.C\n",
            "cfg.py": "C = {}\n",
            "more.py": "import cfg\ncfg.C['a'] = 1\n",
        },
        {"more.py": "import cfg\ncfg.C['a'] = 2\n"},
    ),
    "a list extended in another module": (
        {
            "pipe.py": "import cfg, more\ndef train():\n    return cfg.C\n",
            "cfg.py": "C = []\n",
            "more.py": "from cfg import C\nC += [1]\n",
        },
        {"more.py": "from cfg import C\nC += [2]\n"},
    ),
    "a class in a registry": (
        {
            "pipe.py": "import adam, registry\ndef train():\n    return registry.TABLE['adam']\n",
            "registry.py": REGISTRY,
            "adam.py": ADAM,
        },
        {"adam.py": ADAM.replace("1", "2")},
    ),
    "a module this Python cannot parse": (
        {"pipe.py": "from lib import f\ndef train():\n    f()\n", "lib.py": "def f(: 1\n"},
        {"lib.py": "def f(: 2\n"},
    ),
}

SAME = {
    "an unrelated function": (
        {"pipe.py": CALLS, "lib.py": "def score(n):\n    return n\ndef other(): ...\n"},
        {"lib.py": "def score(n):\n    return n\ndef other():\n    return 1\n"},
    ),
    "an unrelated step of the same file": (
        {"pipe.py": CALLS + "@step\ndef other(): ...\n", "lib.py": "def score(n): ...\n"},
        {"pipe.py": CALLS + "@step\ndef other():\n    return 1\n"},
    ),
    "comments, blank lines and formatting": (
        {"pipe.py": CALLS, "lib.py": "def score(n):\n    return [n, 'a']\n"},
        {"lib.py": '# first\n\n\ndef score(  n ):  # why\n\n    return ([\n        n,\n        "a",\n    ])\n'},
    ),
    "the order of definitions": (
        {"pipe.py": CALLS, "lib.py": "A = 1\ndef score(n):\n    return A + f()\ndef f(): ...\n"},
        {"lib.py": "def f(): ...\ndef score(n):\n    return A + f()\nA = 1\n"},
    ),
    "the settings and retries of the step": (
        {"pipe.py": STEP + "@step\ndef train(): ...\n"},
        {"pipe.py": "import podium\nR = 3\n@podium.step(retry=R, settings={'docker': {}})\ndef train(): ...\n"},
    ),
    "the pipeline, called under the main guard": (
        {"pipe.py": "N = 1\ndef train():\n    return N\nif __name__ == '__main__':\n    print(N)\n"},
        {"pipe.py": "N = 1\ndef train():\n    return N\nif __name__ == '__main__':\n    print(N, N)\n"},
    ),
    "a call that changes something else": (
        {"pipe.py": "A, B = [1], [2]\nC = []\nC.append(1)\ndef train():\n    return A\n"},
        {"pipe.py": "A, B = [1], [2]\nC = []\nC.append(2)\ndef train():\n    return A\n"},
    ),
    "another function with the same decorator": (
        {"pipe.py": CALLS, "lib.py": "def d(f):\n    return f\n@d\ndef score(n): ...\n@d\ndef other(): ...\n"},
        {"lib.py": "def d(f):\n    return f\n@d\ndef score(n): ...\n@d\ndef other():\n    return 1\n"},
    ),
    "a class in a registry that the step does not read": (
        {"pipe.py": "import adam\ndef train():\n    return 1\n", "registry.py": REGISTRY, "adam.py": ADAM},
        {"adam.py": ADAM.replace("1", "2")},
    ),
    "a file that is not imported": ({"pipe.py": "def train(): ...\n"}, {"notes.py": "def train(): ...\n"}),
    "a keyword that has the name of a function": (
        {"pipe.py": "def model(): ...\ndef train():\n    return dict(model=1)\n"},
        {"pipe.py": "def model():\n    return 1\ndef train():\n    return dict(model=1)\n"},
    ),
}


@pytest.fixture
def both(tmp_path, write, code_of):
    """Fingerprints of a tree and of an edited copy, by the step in the first file named."""

    def compare(before, edit):
        file = next(iter(before))
        trees = {"old": before, "new": {**before, **edit}}
        return [code_of(write(tmp_path / name, files) / file, tmp_path / name) for name, files in trees.items()]

    return compare


@pytest.mark.parametrize("edit", CHANGED)
def test_an_edit_that_can_change_the_result_changes_the_fingerprint(both, edit):
    old, new = both(*CHANGED[edit])
    assert old != new


@pytest.mark.parametrize("edit", CHANGED)
def test_a_copy_of_the_tree_elsewhere_has_the_same_fingerprint(both, edit):
    old, new = both(CHANGED[edit][0], {})
    assert old == new


@pytest.mark.parametrize("edit", SAME)
def test_an_edit_that_cannot_change_the_result_keeps_the_fingerprint(both, edit):
    old, new = both(*SAME[edit])
    assert old == new


def test_functions_that_call_each_other_and_modules_that_import_each_other_end(both):
    files = {
        "pipe.py": "import lib\ndef train():\n    lib.f()\ndef back():\n    train()\n",
        "lib.py": "import pipe\ndef f():\n    f()\n    pipe.back()\n    vars(pipe)\n",
    }
    old, new = both(files, {"lib.py": files["lib.py"] + "    f()\n"})
    assert old != new


def test_modules_passed_around_in_a_circle_end(both):
    files = {
        "pipe.py": "from pkg import a\ndef train():\n    vars(a)\n",
        "pkg/a.py": "from . import b\nN = b\n",
        "pkg/b.py": "from . import a\nN = 1\n",
    }
    old, new = both(files, {"pkg/b.py": "from . import a\nN = 2\n"})
    assert old != new


def test_very_long_expressions_and_integers_are_read(both):
    text = f"TEXT = {' + '.join(['x'] * 2_000)}\nBIG = 0x{'f' * 5_000}\ndef train():\n    return TEXT, BIG\n"
    old, new = both({"pipe.py": text}, {"pipe.py": text.replace("0xf", "0xe")})
    assert old != new
