"""What schedules do to a crontab, by the real programs of Debian and busybox."""

import os
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedules.crontabs import ID, OTHER, crontabs

from podium.core.compose.crontab import cron_line, read_blocks, render_block
from podium.core.sdk.cron import read_cron

__all__ = ["crontabs"]
EXAMPLES = round(15 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))
ELSEWHERE = "/home/a user's/50% \\%off/$(id)"

# Without control characters but the tab, which Debian's `crontab -l` shows escaped.
anything = st.text(st.one_of(st.just("\t"), st.characters(blacklist_categories=["Cs", "Cc"])), max_size=30)
lines = st.one_of(
    anything.map("#{}".format),
    anything.map("*/5 1 * jan mon  echo {}".format),
    st.sampled_from(["", "  ", "MAILTO=me", f"# podium schedule end {ID}", "# podium schedule begin x nightly"]),
    st.just(f"0 0 * * * /bin/sh /elsewhere/schedules/{ID}/fire.sh"),
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(lines, max_size=5), between=st.lists(lines, max_size=5))
def test_lines_of_the_user_are_never_changed(crontabs, before, between):
    own = "".join(f"{line}\n" for line in before)
    crontabs.write(own)
    own = crontabs.text  # busybox heads it with lines of its own
    folder = crontabs.install(ID)
    begin, middle, end = render_block(ID, "nightly", "*/5 * * * *", str(folder)).split("\n")
    assert crontabs.text == f"{own}{begin}\n{middle}\n{end}\n"

    inside = "".join(f"{line}\n" for line in between if "podium schedule" not in line and ID not in line)
    crontabs.write(f"{own}{begin}\n{inside}{middle}\n{end}\n{own}")
    own_again = crontabs.text.partition(begin)[0]
    crontabs.edit("pause", ID)
    assert crontabs.text == f"{own_again}{begin}\n{inside}# {middle}\n{end}\n{own}"
    crontabs.edit("resume", ID)
    assert crontabs.text == f"{own_again}{begin}\n{inside}{middle}\n{end}\n{own}"
    crontabs.edit("remove", ID)
    assert crontabs.text == f"{own_again}{inside}{own}"


def test_with_its_last_line_a_crontab_goes(crontabs):
    crontabs.install(ID)
    crontabs.edit("remove", ID)
    assert crontabs.text == ""
    assert "crontab" not in crontabs.edit("list", "").stdout


def test_one_of_the_same_name_makes_way_with_its_folder(crontabs):
    crontabs.install(ID)
    crontabs.install(OTHER, when="0 3 * * *")
    assert [(block.id, block.cron) for block in read_blocks(crontabs.text.splitlines())] == [(OTHER, "0 3 * * *")]
    assert [folder.name for folder in crontabs.root.iterdir()] == [OTHER]


def test_one_of_another_name_stays(crontabs):
    crontabs.install(ID)
    crontabs.install(OTHER, "weekly")
    assert {block.id for block in read_blocks(crontabs.text.splitlines())} == {ID, OTHER}


def test_what_a_broken_connection_repeats_changes_nothing_more(crontabs):
    for _ in range(2):
        crontabs.install(ID)
    for _ in range(2):
        crontabs.edit("pause", ID)
    assert [(block.id, block.paused) for block in read_blocks(crontabs.text.splitlines())] == [(ID, True)]


def test_another_time_leaves_a_paused_schedule_paused(crontabs):
    folder = crontabs.install(ID)
    crontabs.edit("pause", ID)
    crontabs.edit("line", ID, cron_line("0 4 * * sun", str(folder)), str(folder), stdin="CRON='0 4 * * sun'\n")
    (block,) = read_blocks(crontabs.text.splitlines())
    assert (block.cron, block.paused) == ("0 4 * * sun", True)
    assert (folder / "times.conf").read_text() == "CRON='0 4 * * sun'\n"


def test_a_schedule_without_a_block_cannot_be_changed(crontabs):
    assert crontabs.edit("pause", ID).returncode == 67
    assert crontabs.text == ""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_a_time_becomes_its_minute_in_the_zone_of_the_host_whatever_the_users(crontabs, zone):
    at = datetime.fromisoformat("2031-11-02T03:04:30+00:00").timestamp()
    crontabs.install(ID, when=f"@{int(at)}", TZ=zone)
    (block,) = read_blocks(crontabs.text.splitlines())
    assert block.cron == time.strftime("%M %H %d %m *", time.localtime(at))


def test_a_minute_that_has_begun_becomes_one_that_cron_still_looks_at(crontabs):
    now = time.time()
    crontabs.install(ID, when=f"@{int(now)}")
    (block,) = read_blocks(crontabs.text.splitlines())
    assert block.cron in {time.strftime("%M %H %d %m *", time.localtime(now + wait)) for wait in range(65, 100)}


def test_a_folder_of_any_name_is_one_word_for_cron_and_its_shell(crontabs):
    folder = Path(f"{crontabs.folder}{ELSEWHERE}/schedules/{ID}")
    folder.mkdir(parents=True)
    (folder / "fire.sh").write_text("echo fired")
    line = cron_line("* * * * *", str(folder))
    as_cron_reads_it = re.split(r"(?<!\\)%", line.removeprefix("* * * * * "))[0].replace(r"\%", "%")
    command = crontabs.folder / "command"
    command.write_text(as_cron_reads_it)
    assert crontabs.run(command).stdout == "fired\n"
    (block,) = read_blocks([f"# podium schedule begin {ID} nightly", line])
    assert block.folder == str(folder)


@pytest.mark.parametrize("crontabs", ["dash"], indirect=True)
def test_nothing_is_written_when_the_crontab_cannot_be_read(crontabs):
    crontabs.install(ID)
    program = crontabs.folder / "bin/crontab"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n[ $1 = -l ] || echo >> $HOME/written; echo 'You (me) are not allowed to use crontab' >&2; exit 1"
    )
    program.chmod(0o755)
    done = crontabs.edit("pause", ID)
    assert (done.returncode, done.stderr) == (
        1,
        "the crontab cannot be read: You (me) are not allowed to use crontab\n",
    )
    assert not (crontabs.folder / "written").exists()


@pytest.mark.parametrize("crontabs", ["dash"], indirect=True)
def test_without_cron_that_is_said(crontabs):
    program = crontabs.folder / "nothing"
    program.mkdir()
    done = crontabs.edit("list", "", PATH=str(program))
    assert (done.returncode, done.stderr) == (1, "there is no program crontab: cron is not installed\n")


@pytest.mark.parametrize("crontabs", ["dash"], indirect=True)
@pytest.mark.parametrize(
    "expression",
    ["*/5 0-6/2 1,15 jan-mar MON", "@daily", "59 23 31 12 7", "0-59/7,3 * * * sun,tue-thu,7", "00 01 * * *"],
)
def test_debians_cron_takes_what_podium_takes(crontabs, expression):
    crontabs.install(ID, when=read_cron(expression))
    (block,) = read_blocks(crontabs.text.splitlines())
    assert block.cron == read_cron(expression)
