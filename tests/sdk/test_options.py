"""Options of steps and pipelines: what steps inherit, what is checked, and what other tools call differently."""

import pytest

from podium import DefinitionError, Materializer, StepRetryConfig, UsageError, pipeline, step
from podium.core.sdk.options import RunOptions, set_options, take_options
from podium.core.spec import RetrySpec


class Upper(Materializer):
    """Named by steps of these tests."""

    def save(self, value, path):
        path.write_text(str(value).upper(), encoding="utf-8")

    def load(self, path, expected):
        assert expected is None
        return path.read_text(encoding="utf-8")


def told() -> None:
    """A hook."""


@step
def plain() -> int:
    return 1


def only(body):
    (found,) = body.compile().steps
    return found


def compiled(step_options, pipeline_options):
    return only(pipeline(name="body", **pipeline_options)(lambda: plain.with_options(**step_options)()))


def test_a_step_takes_from_its_pipeline_what_it_does_not_set():
    found = compiled(
        {},
        {
            "enable_cache": False,
            "retry": {"max_retries": 2},
            "environment": {"A": "1"},
            "secrets": ["s"],
            "on_failure": "hooks:failed",
            "on_success": told,
            "settings": {"docker": {"user": "me"}},
        },
    )
    assert (found.enable_cache, found.retry, found.environment, found.secrets) == (
        False,
        RetrySpec(2),
        {"A": "1"},
        ("s",),
    )
    assert (found.on_failure, found.on_success) == ("hooks:failed", f"{__name__}:told")
    assert found.settings == {"docker": {"user": "me"}}


def test_what_a_step_sets_beats_its_pipeline():
    found = compiled(
        {
            "enable_cache": True,
            "retry": StepRetryConfig(max_retries=1, delay=2, backoff=0),
            "environment": {"B": "2", "C": "4"},
            "secrets": ["t"],
            "settings": {"docker": {"user": "you"}, "resources": {"gpu_count": 1}},
        },
        {
            "enable_cache": False,
            "retry": {"max_retries": 2},
            "environment": {"A": "1", "B": "1"},
            "secrets": ["s"],
            "settings": {"docker": {"user": "me", "apt_packages": ["git"]}, "resources": {"memory": "2GB"}},
        },
    )
    assert (found.enable_cache, found.retry) == (True, RetrySpec(1, 2.0, 1.0))
    assert (found.environment, found.secrets) == ({"A": "1", "B": "2", "C": "4"}, ("s", "t"))
    assert found.settings == {"docker": {"user": "you", "apt_packages": ["git"]}}
    assert (found.resources.gpu_count, found.resources.memory) == (1, 2_000_000_000)


def test_tags_and_extra_belong_to_the_level_that_sets_them():
    body = pipeline(name="body", tags=["p"], extra={"k": 1})(lambda: plain.with_options(tags=["s"])())
    assert (body.compile().tags, body.compile().extra) == (("p",), {"k": 1})
    assert (only(body).tags, only(body).extra) == (("s",), {})


def test_later_options_lay_over_earlier_ones():
    changed = plain.with_options(environment={"A": "1"}, tags=["a"]).with_options(environment={"B": "2"}, tags=["b"])
    found = only(pipeline(name="body")(lambda: changed()))
    assert (found.environment, found.tags) == ({"A": "1", "B": "2"}, ("b",))


@pytest.mark.parametrize("given", [Upper, "Upper", {"output": Upper}])
def test_a_materializer_is_chosen_by_class_name_or_output(given):
    assert compiled({"output_materializers": given}, {}).outputs[0].materializer == "Upper"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"enable_cache": "yes"}, "enable_cache must be True or False, not 'yes'"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0"),
        ({"environment": ["A=1"]}, "environment must be a dict of text to text, not ['A=1']"),
        ({"secrets": "one"}, "secrets must be a list of names, not 'one'"),
        ({"tags": [1]}, "tags must be a list of text, not [1]"),
        ({"extra": {"k": {1}}}, "extra must be a dict of JSON values, not {'k': {1}}"),
        ({"on_failure": "nowhere"}, "on_failure must be a function or 'module:function', not 'nowhere'"),
        ({"on_failure": lambda: None}, "cannot be imported"),
        ({"retry": 3}, "retry must be a StepRetryConfig or a dict, not 3"),
        ({"retry": {"max_retris": 3}}, "retry: unknown field 'max_retris'"),
        ({"retry": {"delay": -1}}, "retry: field 'delay'"),
        ({"settings": ["docker"]}, "settings must be a dict from settings keys to settings, not ['docker']"),
        ({"output_materializers": {"outptu": Upper}}, "there is no output 'outptu' to have a materializer"),
        ({"output_materializers": int}, "is no materializer"),
        ({"name": "a b"}, "step name 'a b' is not valid"),
    ],
)
def test_an_option_of_the_wrong_kind_is_a_fault_at_the_step(faults_of, options, message):
    (fault,) = faults_of(pipeline(name="body")(lambda: plain.with_options(**options)()))
    assert message in fault.message
    assert fault.where.endswith(f"test_options.py:{plain.entrypoint.__code__.co_firstlineno}")


def test_a_wrong_execution_mode_has_a_hint(faults_of):
    (fault,) = faults_of(pipeline(name="body", execution_mode="fail_fats")(lambda: plain()))
    assert fault.hint == "did you mean 'fail_fast'?"


def test_an_unknown_option_is_refused_where_it_is_written():
    with pytest.raises(DefinitionError) as caught:
        step(enable_chace=True, timeuot=3)
    assert [fault.hint for fault in caught.value.faults] == ["did you mean 'enable_cache'?", "did you mean 'timeout'?"]
    assert "test_options.py" in caught.value.faults[0].where


@pytest.mark.parametrize(
    ("decorator", "option", "instead"),
    [
        (step, "step_operator", "ResourceSettings"),
        (step, "experiment_tracker", "tracker's own client"),
        (step, "cache_policy", "enable_cache"),
        (pipeline, "on_init", "first step"),
        (pipeline, "dynamic", "Python loops"),
    ],
)
def test_an_option_of_another_tool_says_what_to_do_instead(decorator, option, instead):
    with pytest.raises(DefinitionError) as caught:
        decorator(**{option: "x"})
    assert instead in str(caught.value)


def test_the_options_of_a_run_are_for_one_pipeline_call():
    set_options(RunOptions(no_cache=True))
    try:
        assert take_options().no_cache
        with pytest.raises(UsageError, match="second pipeline"):
            take_options()
    finally:
        set_options(RunOptions())


def test_a_schedule_is_checked_and_recorded(faults_of):
    body = pipeline(name="body")(lambda: plain())
    assert body.with_options(schedule={"cron_expression": "0 3 * * *"}).compile().schedule == {
        "cron_expression": "0 3 * * *",
        "catchup": False,
    }
    (fault,) = faults_of(body.with_options(schedule={"cron": "0 3 * * *"}))[:1]
    assert "schedule: unknown field 'cron'" in fault.message


def test_the_run_name_is_a_template_with_substitutions():
    body = pipeline(name="body", run_name="{team}-{date}", substitutions={"team": "x"})(lambda: plain())
    assert (body.run_name_template, body.substitutions) == ("{team}-{date}", {"team": "x"})
    assert pipeline(name="body")(lambda: plain()).run_name_template == "body-{date}-{time}"
