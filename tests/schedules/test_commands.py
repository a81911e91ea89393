"""`podium pipeline schedule` and what installs schedules, against the cron of a remote machine."""

import json

import pytest
from conformance.compose_stack import cloud, did, remote_image, stack
from filelock import FileLock
from servers.instance import V1

__all__ = ["cloud", "remote_image", "stack"]
PIPELINE = """
@step(settings=LIGHT)
def nothing():
    note("ran")

@pipeline
def nightly():
    nothing()
"""
COMMANDS = "pipeline", "schedule"


@pytest.fixture
def user_line(remote_image):
    """Let the user have a line of their own in the crontab, which no other test changes meanwhile, nor this one."""
    own = "MAILTO=''\n5 4 1 1 * echo \"100\\%\"   \n"
    with FileLock(remote_image.shared / "crontab.lock"):
        remote_image.run("crontab -", V1, own)
        yield own
        assert remote_image.run("crontab -l", V1).stdout == own


@pytest.fixture
def installed(workspace, stack, user_line):
    """Install the schedule; return what `run` printed of it."""
    flow = workspace.write(PIPELINE)
    return lambda *words: json.loads(did(workspace, "run", flow, "--stack", stack, "--output", "json", *words))


def listed(workspace, stack):
    return json.loads(did(workspace, *COMMANDS, "list", "--stack", stack, "--output", "json"))


def folders(instance):
    return sorted(path.name for path in (instance.home(V1) / "podium-runs/schedules").iterdir())


def test_a_schedule_is_installed_once_changed_paused_and_deleted(workspace, remote_image, stack, installed, user_line):
    first, made = installed("--schedule", "@daily"), installed("--schedule", "30 3 * * mon-fri")
    folder = f"/home/{V1}/podium-runs/schedules/{made['id']}"
    line = f"30 3 * * mon-fri /bin/sh {folder}/fire.sh"
    marks = f"# podium schedule begin {made['id']} nightly\n{{}}\n# podium schedule end {made['id']}\n"
    assert remote_image.run("crontab -l", V1).stdout == user_line + marks.format(line)
    assert folders(remote_image) == [made["id"]] != [first["id"]]
    assert made["handle"] == f"ssh://{V1}@{remote_image.host}:22{folder}"
    secrets = remote_image.home(V1) / f"podium-runs/schedules/{made['id']}/run/secrets"
    assert {path.stat().st_mode & 0o777 for path in [secrets, *secrets.iterdir()]} == {0o700, 0o600}

    did(workspace, *COMMANDS, "pause", "nightly", "--stack", stack)
    assert remote_image.run("crontab -l", V1).stdout == user_line + marks.format(f"# {line}")
    did(workspace, *COMMANDS, "update", "nightly", "--cron", "@hourly", "--stack", stack)
    did(workspace, *COMMANDS, "resume", "nightly", "--stack", stack)
    hourly = f"0 * * * * /bin/sh {folder}/fire.sh"
    assert remote_image.run("crontab -l", V1).stdout == user_line + marks.format(hourly)

    (shown,) = listed(workspace, stack)
    assert (shown["name"], shown["pipeline"], shown["state"]) == ("nightly", "nightly", "active")
    assert (shown["cron"], shown["zone"], shown["once"]) == ("0 * * * *", "Etc/UTC", None)
    assert shown["next"].endswith(":00:00.000+00:00")

    refused = workspace.podium(*COMMANDS, "delete", "night", "--stack", stack, "--yes")
    assert (refused.returncode, "did you mean 'nightly'?" in refused.stderr) == (3, True)
    did(workspace, *COMMANDS, "delete", "nightly", "--stack", stack, "--yes")
    assert folders(remote_image) == listed(workspace, stack) == []


def test_what_another_machine_left_is_found_and_removed(workspace, remote_image, stack, installed):
    made = installed("--schedule", "0 4 * * *", "--schedule-name", "left.behind")
    store = json.loads(did(workspace, "artifact-store", "describe", "bucket", "--output", "json"))["config"]["path"]
    did(workspace, "artifact-store", "update", "bucket", f"--path={store} elsewhere")  # as from a machine with another
    (shown,) = listed(workspace, stack)
    assert (shown["name"], shown["state"], shown["pipeline"]) == ("left.behind", "orphan", None)
    did(workspace, *COMMANDS, "delete", made["id"], "--stack", stack, "--yes")
    assert folders(remote_image) == []
    did(workspace, "artifact-store", "update", "bucket", f"--path={store}")
    (shown,) = listed(workspace, stack)
    assert (shown["name"], shown["state"], shown["next"]) == ("left.behind", "missing", None)
    did(workspace, *COMMANDS, "delete", "left.behind", "--stack", stack, "--yes")
    assert listed(workspace, stack) == []


def test_one_that_cannot_be_installed_leaves_nothing_there_or_in_the_store(workspace, remote_image, stack, installed):
    remote_image.run(f"echo {V1} >> /etc/cron.deny", "root")
    try:
        refused = workspace.podium("run", "flow.py", "--stack", stack, "--schedule", "@daily")
        assert refused.returncode == 1
        assert "not allowed to use this program (crontab)" in refused.stderr
        assert "hint: the host needs cron, and this user must be allowed to use the program crontab" in refused.stderr
    finally:
        remote_image.run("rm /etc/cron.deny", "root")
    assert folders(remote_image) == listed(workspace, stack) == []


def test_a_dry_run_shows_the_block_that_is_installed(workspace, remote_image, stack, installed):
    planned = installed("--schedule", "15 5 * * *", "--dry-run")["documents"]["crontab"]
    made = installed("--schedule", "15 5 * * *")
    for placeholder, found in {"<home>": f"/home/{V1}", "<schedule-id>": made["id"]}.items():
        planned = planned.replace(placeholder, found)
    assert remote_image.run("crontab -l", V1).stdout.endswith(planned)
    did(workspace, *COMMANDS, "delete", "nightly", "--stack", stack, "--yes")
