"""Settings classes, and the keys that hold them."""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from podium import DefinitionError, DockerSettings, ResourceSettings, Schedule, StepRetryConfig, pipeline, step
from podium.core.contracts.component import Settings
from podium.core.execution.gate import not_applied
from podium.core.sdk.cron import next_firing, read_cron
from podium.core.sdk.settings import memory_bytes
from podium.core.stacks.stack import load_stack
from podium.flavors.local import LocalSettings

NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)


@step
def plain() -> int:
    return 1


def with_settings(settings, **options):
    return pipeline(name="body", **options)(lambda: plain.with_options(settings=settings)())


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MB", 512 * 10**6), ("16GB", 16 * 10**9), ("8GiB", 8 * 2**30), ("1.5KiB", 1536), ("4Gi", 4 * 2**30)],
)
def test_memory_is_read_in_bytes(text, size):
    assert memory_bytes(text) == size


@pytest.mark.parametrize("text", ["", "16", "GB", "0GB", "-1GB", "16 gigs", "16gb"])
def test_text_that_is_no_memory_is_refused(text):
    with pytest.raises(ValueError, match="no amount of memory"):
        memory_bytes(text)


@pytest.mark.parametrize("expression", ["* * * * *", "*/5 0-6/2 1,15 jan-mar MON", "0 0 31 12 7", "59 23 * * sun,sat"])
def test_cron_expressions_that_are_right(expression):
    assert read_cron(f"  {expression} ") == expression.lower()


def test_a_macro_means_five_fields():
    assert Schedule(cron_expression="@daily").cron_expression == "0 0 * * *"


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        ("0 9 * * mon-fri", "UTC", "2026-11-20T09:00+00:00", "2026-11-23T09:00+00:00"),
        ("0 0 13 * fri", "UTC", "2026-11-13T12:00+00:00", "2026-11-20T00:00+00:00"),  # either day, as cron has it
        ("0 0 29 2 *", "UTC", "2026-03-01T00:00+00:00", "2028-02-29T00:00+00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+00:00", "2026-03-29T01:00+00:00"),  # 2:30 is left out
        ("0 12 * * *", "Asia/Kolkata", "2026-01-01T00:00+00:00", "2026-01-01T06:30+00:00"),
    ],
)
def test_when_an_expression_comes_next(expression, zone, after, expected):
    after, expected = (datetime.fromisoformat(text).timestamp() for text in (after, expected))
    assert next_firing(expression, after, ZoneInfo(zone)) == expected


def test_times_without_a_zone_are_this_machines():
    assert Schedule(run_once_start_time="2031-01-01 12:00").run_once_start_time.utcoffset() is not None


def test_a_schedules_name_is_one_that_can_be_typed():
    with pytest.raises(DefinitionError, match="is no name: use letters, digits"):
        Schedule(name="every night\nrm -rf ~", cron_expression="@daily")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("* * * *", "has 4 fields; a cron expression has five: minute, hour, day of month, month, day of week"),
        ("0 0 3 * * *", "has 6 fields"),
        ("60 * * * *", "minute '60' is not between 0 and 59"),
        ("61 * * * fri-foo", "day of week 'fri-foo' holds something that is neither a number nor a name: it takes *"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day of month '0'"),
        ("* * * 13 *", "month '13'"),
        ("* * * * 8", "day of week '8'"),
        ("5-1 * * * *", "runs backwards"),
        ("*/0 * * * *", "step that is no number from 1 to 59"),
        ("*/90 * * * *", "step that is no number from 1 to 59"),
        ("0 0 L * *", "day of month 'L' holds something"),
        ("0 0 * * mon#2", "day of week 'mon#2' holds something"),
        ("0 0 30 feb *", "never comes: no such month has a day 30"),
        ("@reboot", "is no time that comes again: the macros are @yearly"),
        ("5/2 * * * *", "step on a single number"),
        ("mon * * * *", "neither a number nor a name"),
        ("1, * * * *", "neither a number nor a name"),
    ],
)
def test_cron_expressions_that_are_wrong_name_the_field(expression, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_cron(expression)


@pytest.mark.parametrize(
    ("model", "fields", "reason"),
    [
        (ResourceSettings, {"cpu_cuont": 1}, "did you mean 'cpu_count'"),
        (ResourceSettings, {"cpu_count": 0}, "greater than 0"),
        (ResourceSettings, {"gpu_count": -1}, "greater than or equal to 0"),
        (ResourceSettings, {"gpu_count": 1.5}, "valid integer"),
        (ResourceSettings, {"memory": "lots"}, "no amount of memory"),
        (DockerSettings, {"requirments": []}, "did you mean 'requirements'"),
        (DockerSettings, {"skip_build": True}, "skip_build needs parent_image"),
        (DockerSettings, {"python_package_installer": "conda"}, "'uv' or 'pip'"),
        (StepRetryConfig, {"max_retries": -1}, "greater than or equal to 0"),
        (Schedule, {}, "give one of"),
        (Schedule, {"cron_expression": "* * * * *", "run_once_start_time": NOON}, "give one of"),
        (Schedule, {"interval_second": 60}, "needs start_time"),
        (Schedule, {"interval_second": 0, "start_time": NOON}, "more than no time"),
        (Schedule, {"cron_expression": "* * * * *", "start_time": NOON, "end_time": NOON}, "must come after"),
        (LocalSettings, {"max_parallel_step": 1}, "did you mean 'max_parallel_steps'"),
    ],
)
def test_a_settings_object_that_is_wrong_says_so_at_the_users_line(model, fields, reason):
    with pytest.raises(DefinitionError) as caught:
        model(**fields)
    assert reason in str(caught.value)
    assert "test_settings.py:" in caught.value.faults[0].where


def test_an_interval_is_a_timedelta_or_seconds():
    schedule = Schedule(interval_second=90, start_time=NOON)
    assert schedule == Schedule(interval_second=timedelta(seconds=90), start_time=NOON)


def test_settings_of_the_active_flavor_come_under_one_key_the_specific_beating_the_general():
    settings = {"orchestrator.local": {"max_parallel_steps": 2}, "orchestrator": {"max_parallel_steps": 1}}
    (found,) = with_settings(settings).compile().steps
    assert found.settings == {"orchestrator": {"max_parallel_steps": 2}}


def test_an_object_and_a_dict_mean_the_same_and_defaults_are_not_recorded():
    for value in (LocalSettings(fresh_processes=True), {"fresh_processes": True}):
        (found,) = with_settings({"orchestrator": value}).compile().steps
        assert found.settings == {"orchestrator": {"fresh_processes": True}}


def test_settings_of_another_known_flavor_are_kept_and_not_applied():
    spec = with_settings({"orchestrator.runai": {"gpu_portion_request": 0.5}, "orchestrator.skypilot": {}}).compile()
    assert spec.steps[0].settings["orchestrator.runai"] == {"gpu_portion_request": 0.5}
    assert not_applied(spec, load_stack().orchestrator) == ["orchestrator.runai", "orchestrator.skypilot"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"orchestrater": {}}, "there are no settings 'orchestrater'"),
        ({"orchestrator.locl": {}}, "there are no settings 'orchestrator.locl'"),
        ({"artifact-store": {}}, "there are no settings 'artifact-store'"),
        ({"orchestrator": {"max_parallel": 1}}, "settings 'orchestrator': unknown field 'max_parallel'"),
        ({"orchestrator": {"max_parallel_steps": 0}}, "settings 'orchestrator': field 'max_parallel_steps'"),
        (
            {"orchestrator": type("Own", (Settings,), {})()},
            "settings 'orchestrator' cannot be Own, which belongs to no orchestrator flavor",
        ),
        ({"orchestrator.runai": LocalSettings()}, "cannot be LocalSettings, which belongs to local"),
        ({"resources": DockerSettings()}, "settings 'resources' must be a ResourceSettings"),
        ({"docker": 3}, "settings 'docker' must be a settings object or a dict, not int"),
        ({"resources": {"cpu_cuont": 3}}, "settings 'resources': unknown field 'cpu_cuont'"),
    ],
)
def test_wrong_settings_are_a_fault_of_the_step(faults_of, settings, message):
    (fault,) = faults_of(with_settings(settings))
    assert message in fault.message
    assert fault.message.startswith("step 'plain': ")
    assert "test_settings.py" in fault.where


def test_wrong_settings_of_the_pipeline_are_told_once(faults_of):
    @pipeline(settings={"docker": {"usr": "x"}})
    def body():
        plain()
        plain()

    (fault,) = faults_of(body)
    assert fault.message == "pipeline 'body': settings 'docker': unknown field 'usr'"
