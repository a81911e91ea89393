"""The run configuration: what it may say, and that the stronger of two places wins."""

import pytest

from podium import DefinitionError, NotFoundError, UsageError, pipeline, step
from podium.core.sdk import options
from podium.core.sdk.compile import compile_pipeline
from podium.core.sdk.options import RunOptions
from podium.core.sdk.run_config import NO_CONFIG, read_run_config
from podium.core.spec import Parameter, RetrySpec


@step(environment={"WHERE": "step"})
def train(rate: float, rounds: int = 1) -> float:
    return rate * rounds


@step
def report(value: float) -> None:
    print(value)


@pipeline(environment={"WHERE": "pipeline", "BASE": "1"}, tags=["code"], run_name="code")
def training(rate: float = 0.5):
    report(train(rate))


@pytest.fixture
def configured(tmp_path):
    """Give the pipeline with a run configuration of this text."""

    def configure(text, body=training):
        path = tmp_path / "run.yaml"
        path.write_text(text, encoding="utf-8")
        return body.with_options(config_path=path)

    return configure


def steps(spec):
    return {found.id: found for found in spec.steps}


def test_every_key_reaches_the_spec(configured):
    spec = configured(
        """
        enable_cache: false
        tags: [yaml]
        extra: {k: [1]}
        execution_mode: fail_fast
        retry: {max_retries: 2, delay: 1}
        environment: {BASE: "2"}
        settings: {docker: {user: me}}
        schedule: {cron_expression: "0 3 * * *"}
        parameters: {rate: 0.25}
        steps:
          train:
            enable_cache: true
            timeout: 60
            tags: [slow]
            extra: {team: a}
            retry: {max_retries: 5}
            environment: {WHERE: yaml}
            settings: {resources: {gpu_count: 1}, docker: {apt_packages: [git]}}
            parameters: {rounds: 7}
        """
    ).compile()
    assert (spec.tags, spec.extra, spec.execution_mode) == (("yaml",), {"k": [1]}, "fail_fast")
    assert (spec.schedule["cron_expression"], spec.parameters) == ("0 3 * * *", {"rate": 0.25})
    train_spec, report_spec = spec.steps
    assert train_spec.inputs == {"rate": Parameter(0.25), "rounds": Parameter(7)}
    assert (train_spec.enable_cache, report_spec.enable_cache) == (True, False)
    assert (train_spec.retry, report_spec.retry) == (RetrySpec(5), RetrySpec(2, 1.0))
    assert train_spec.environment == {"BASE": "2", "WHERE": "yaml"}
    assert report_spec.environment == {"BASE": "2", "WHERE": "pipeline"}
    assert train_spec.settings == {"docker": {"user": "me", "apt_packages": ["git"]}}
    assert (train_spec.timeout, train_spec.tags, train_spec.extra) == (60, ("slow",), {"team": "a"})
    assert (train_spec.resources.gpu_count, report_spec.resources.gpu_count) == (1, 0)


@pytest.mark.parametrize(
    ("call", "text", "typed", "rate"),
    [
        ((), "{}", {}, 0.5),
        ((0.1,), "{}", {}, 0.1),
        ((0.1,), "{parameters: {rate: 0.2}}", {}, 0.2),
        ((0.1,), "{parameters: {rate: 0.2}}", {"rate": "0.3"}, 0.3),
        ((), "{}", {"rate": "1e-3"}, 0.001),
    ],
)
def test_a_typed_parameter_beats_the_file_which_beats_the_call(tmp_path, call, text, typed, rate):
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    spec = compile_pipeline(training, call, {}, read_run_config(path), RunOptions(params=typed))
    assert spec.parameters == {"rate": rate}


@pytest.mark.parametrize(
    ("decorated", "text", "expected"),
    [
        ({}, "{}", True),
        ({"enable_cache": False}, "{}", False),
        ({"enable_cache": False}, "{enable_cache: true}", True),
        ({"enable_cache": False}, "{steps: {only: {enable_cache: true}}}", True),
        ({"enable_cache": True}, "{enable_cache: true, steps: {only: {enable_cache: false}}}", False),
    ],
)
def test_the_file_beats_the_code_and_the_step_beats_the_pipeline(configured, decorated, text, expected):
    body = pipeline(name="body", **decorated)(lambda: train(1.0, id="only"))
    assert configured(text, body).compile().steps[0].enable_cache is expected


def test_what_the_step_says_in_code_beats_what_the_file_says_of_the_pipeline(configured):
    body = pipeline(name="body")(lambda: train.with_options(enable_cache=False)(1.0))
    assert configured("enable_cache: true", body).compile().steps[0].enable_cache is False


def test_a_parameter_given_only_in_the_file_is_not_missing(configured):
    body = pipeline(name="body")(lambda: train())
    spec = configured("steps: {train: {parameters: {rate: 2.5}}}", body).compile()
    assert spec.steps[0].inputs["rate"] == Parameter(2.5)


def test_strict_resources_of_the_command_beats_the_settings():
    body = pipeline(name="body")(lambda: train.with_options(settings={"resources": {"gpu_count": 1}})(1.0))
    spec = compile_pipeline(body, (), {}, NO_CONFIG, RunOptions(strict_resources=False))
    assert (spec.steps[0].resources.strict, body.compile().steps[0].resources.strict) == (False, True)


def test_the_run_name_of_the_file_beats_the_code_and_the_commands_file_beats_the_codes(
    configured, tmp_path, monkeypatch
):
    launched = []
    monkeypatch.setattr("podium.core.execution.launch.launch", lambda *given: launched.append(given[0]))
    other = tmp_path / "other.yaml"
    other.write_text("run_name: other", encoding="utf-8")
    body = configured("run_name: yaml")
    body()
    options.set_options(RunOptions(config_path=str(other)))
    body()
    options.set_options(RunOptions())
    assert [found.run_name_template for found in launched] == ["yaml", "other"]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("enable_chace: true", "run configuration: there is no option 'enable_chace'", "did you mean 'enable_cache'?"),
        ("steps: {train: {timeot: 1}}", "step 'train': there is no option 'timeot'", "did you mean 'timeout'?"),
        ("steps: {trian: {timeout: 1}}", "pipeline 'training' has no step 'trian'", "did you mean 'train'?"),
        ("parameters: {rat: 1}", "pipeline 'training': there is no argument 'rat'", "did you mean 'rate'?"),
        ("parameters: {rate: fast}", "pipeline 'training': argument 'rate' is str 'fast', not float", None),
        ("parameters: [rate]", "run configuration: parameters must be a mapping of names to values", None),
        ("steps: {train: {parameters: {x: 1}}}", "step 'train': there is no argument 'x'", None),
        ("steps: {train: {parameters: {rounds: x}}}", "step 'train': argument 'rounds' is str 'x', not int", None),
        ("steps: {report: {parameters: {value: 1}}}", "step 'report': argument 'value' is an artifact", None),
        ("steps: {train: {timeout: -1}}", "step 'train': timeout must be a number of seconds above 0, not -1", None),
        (
            "steps: {train: {settings: {resources: {x: 1}}}}",
            "step 'train': settings 'resources': unknown field 'x'",
            "",
        ),
        ("steps: {train: {name: x}}", "step 'train': there is no option 'name'", None),
        (
            "steps: {train: {output_materializers: Lost}}",
            "step 'train': there is no materializer 'Lost' here",
            "import",
        ),
        ("steps: [train]", "run configuration: steps must be a mapping from step ids", None),
        ("steps: {train: 3}", "step 'train' must be a mapping, not 3", None),
        ("[]", "run configuration must be a mapping, not []", None),
        ("model: {name: x}", "run configuration: there is no option 'model'", "use tags and log_metadata"),
    ],
)
def test_a_mistake_in_the_file_names_the_file(configured, faults_of, text, message, hint):
    (fault,) = faults_of(configured(text))
    assert fault.message.startswith(message)
    assert fault.where.endswith("/run.yaml")
    assert hint is None or hint in fault.hint


def test_all_mistakes_in_the_file_are_told_together(configured):
    with pytest.raises(DefinitionError, match="2 faults"):
        configured("{a: 1, steps: {train: {b: 1}}}").compile()


def test_an_empty_file_says_nothing(configured):
    assert configured("").compile() == training.compile()


@pytest.mark.parametrize(("text", "error"), [("a: [", UsageError), ("!!python/object:os.system {}", UsageError)])
def test_a_file_that_is_not_plain_yaml_is_refused(configured, text, error):
    with pytest.raises(error, match="not YAML"):
        configured(text).compile()


def test_a_missing_file_is_not_found():
    with pytest.raises(NotFoundError, match=r"nowhere\.yaml"):
        training.with_options(config_path="nowhere.yaml").compile()
