"""Files that an editor, a newer podium or nobody in his right mind has written."""

import os
import stat
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RECORD = """\
format: 1
flavor: nimbus
config:
  region: eu
  size: 2
labels:
  team: ml
"""
READING = ["orchestrator list", "orchestrator describe far"]
WRITING = [
    "orchestrator register far -f nimbus --region=us --update",
    "orchestrator update far --size=3",
    "orchestrator remove-attribute far size",
    "orchestrator rename far away",
    "orchestrator copy far away",
    "orchestrator connect far -c sky --no-verify",
    "orchestrator disconnect far",
    "orchestrator delete far --yes",
]


@pytest.fixture
def file(filled):
    path = filled.home / "orchestrators" / "far.yaml"
    path.write_text(RECORD, encoding="utf-8")
    return path


@pytest.fixture
def podium(filled, capsys):
    """Run a command; return its exit code and what it says on stderr."""
    return lambda line: (filled.here(line), capsys.readouterr().err)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("flavor: nimbus", "flavour: nimbus"), ("unknown key 'flavour'", 2)),
        (("flavor: nimbus", "flavor: [nimbus]"), ("'flavor' must be a non-empty string", 2)),
        (("labels:\n  team: ml", "labels: none"), ("'labels' must be a mapping", 6)),
        (("  team: ml", "  team: 1"), ("'labels' must map names to strings", 6)),
        (("  size: 2", "  size: 2\n  size: 3"), ("duplicate key 'size'", 6)),
        (("  size: 2", "  size: *two"), ("anchors and aliases are not allowed", 5)),
        (("  size: 2", "  size: !!python/name:os.system"), ("tags are not allowed", 5)),
        (("config:", "config: x"), ("mapping values are not allowed", 4)),
    ],
)
def test_a_mistake_is_told_with_its_line_and_left_to_its_author(podium, filled, file, change, told):
    file.write_text(RECORD.replace(*change), encoding="utf-8")
    before = filled.files()
    for line in [*READING, *WRITING]:
        code, shown = podium(line)
        assert code == 1, line
        assert told[0] in shown, line
        assert f"  at {file}, line {told[1]}\n" in shown, line
    assert filled.files() == before


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (("  size: 2", "  size: many"), ["field 'size'", "line 5"]),
        (("eu", "eu\n  regoin: us"), ["unknown field 'regoin'", "did you mean 'region'?", "line 5"]),
        (("  region: eu\n", ""), ["field 'region' is required", "line 3"]),
        (("  size: 2", "  env: {A: [1]}"), ["field 'env.A'", "line 5"]),
    ],
)
def test_a_value_that_its_flavor_does_not_take_is_told_with_its_line(podium, file, change, messages):
    podium("stack register broken -o far -a default --force")
    file.write_text(RECORD.replace(*change), encoding="utf-8")
    code, shown = podium("runs list --stack broken")
    assert code == 2
    assert str(file) in shown
    for message in messages:
        assert message in shown


def test_what_a_newer_podium_has_written_is_refused_and_left_alone(podium, filled, file):
    file.write_text(RECORD.replace("format: 1", "format: 2") + "future: true\n", encoding="utf-8")
    before = filled.files()
    for line in [*READING, *WRITING]:
        code, shown = podium(line)
        assert code == 1, line
        assert "format 2" in shown, line
        assert "install a newer podium" in shown, line
    assert filled.files() == before


@given(data=st.data())
@settings(
    max_examples=round(100 * float(os.environ.get("PODIUM_TEST_SCALE", "1"))),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_file_holds_commands_end_soon_with_a_reason(filled, file, capsys, data):
    at = data.draw(st.integers(0, len(RECORD)))
    end = data.draw(st.integers(at, min(len(RECORD), at + 12)))
    junk = data.draw(st.text("[]{}:-&*!|>'\"#%@,? \n\tab1\0\x1b\ud7ff", max_size=12) | st.text(max_size=8))
    file.write_bytes((RECORD[:at] + junk + RECORD[end:]).encode(errors="surrogatepass"))
    began = time.monotonic()
    for line in READING:
        assert filled.here(line) in {0, 1, 3}
    shown = capsys.readouterr()
    assert "unexpected fault" not in shown.err
    assert "Traceback" not in shown.err
    assert "\x1b" not in shown.out + shown.err
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_the_owners_alone_under_any_umask(filled, umask):
    old = os.umask(umask)
    try:
        filled.here("orchestrator register new -f nimbus --region=eu --token=token")
        filled.here("image-builder register new -f local")
        filled.here("stack register new -o new -a default --force --set")
        filled.here("secret create new --a=1")
    finally:
        os.umask(old)
    found = [filled.home, *filled.home.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()} == {0o600}
