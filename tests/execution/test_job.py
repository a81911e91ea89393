"""Jobs and outcomes arrive at the other end of a socket as they were sent."""

import pickle

import pytest

from podium.core.artifacts.record import ArtifactRecord
from podium.core.execution.delivery import Delivery
from podium.core.execution.job import JobCode, StepFailure, StepJob, StepOutcome
from podium.core.spec import (
    Collection,
    OutputSpec,
    Parameter,
    ResourceSpec,
    RetrySpec,
    StepSpec,
    Stored,
    Upstream,
)

RECORD = ArtifactRecord("runs/r/artifacts/load.1.output.json", "JSONMaterializer", "builtins:int", "ab" * 32, 2)
FAILURE = StepFailure("ValueError", "no", "Traceback")
PLAIN_STEP = StepSpec(id="load", name="load", source="lib:load")
FULL_STEP = StepSpec(
    id="train_2",
    name="train",
    source="lib:train",
    code="cd" * 32,
    inputs={"data": Upstream("load", "output"), "rate": Parameter(0.1)},
    outputs=(OutputSpec("model", "lib:Model", "PickleMaterializer", named=True), OutputSpec("score")),
    after=("load",),
    settings={"docker": {"python": "3.11"}},
    resources=ResourceSpec(cpu_count=2, gpu_count=1, strict=False),
    retry=RetrySpec(3, 1.0, 2.0),
    timeout=5.0,
    environment={"A": "b"},
    secrets=("key",),
    enable_cache=False,
    on_failure="lib:failed",
    on_success="lib:succeeded",
    tags=("a", "b"),
    extra={"x": [1]},
    pickled="gASV",
    image="image@sha256:00",
)
PLAIN_JOB = StepJob(run_id="r", run_name="run", pipeline="p", store_url="file:///s", step=PLAIN_STEP, attempt=1)
FULL_JOB = StepJob(
    run_id="r",
    run_name="run",
    pipeline="p",
    store_url="s3://s",
    step=FULL_STEP,
    attempt=2,
    inputs={
        "data": Collection("dict", (Stored(RECORD.to_json()), Collection("tuple", (Parameter(None),))), ("a", "b")),
        "rate": Parameter(0.1),
    },
    cache_key="ef" * 32,
    retries_left=1,
    failure=FAILURE,
    delivery=Delivery({"A": "b"}, {"key": {"token": "t"}}, ("t",)),
    store_options={"key": "k"},
    spool="/tmp/spool",  # noqa: S108 - a path that nothing opens
    code=JobCode("ab", "lib", (".", "src"), ("-v",)),
)


@pytest.mark.parametrize(
    "message", [PLAIN_JOB, FULL_JOB, StepOutcome(0.5), StepOutcome(1.5, {"a": RECORD, "b": RECORD}, FAILURE, b"log\n")]
)
def test_every_field_survives_a_pickle(message: object):
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - made just above
