"""An attempt as a document in the store, and its secrets as a file: all that a job in a container is given.

A job's command names the run, the step, the attempt and the document's digest, which are in the document's key; with
the file of its secrets, which hold the store's credentials too, it can do the rest from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import PodiumError
from ..records.documents import decode, encode
from ..secrets.secret import Secret
from ..spec import JSON, input_from_json, input_to_json, step_from_json, step_to_json
from .delivery import Delivery
from .job import JobCode, StepFailure, StepJob

SECRETS_FILE = "/run/podium/secrets.json"
"""Where a job finds the file with its secrets, readable by its own user only."""


def to_bytes(job: StepJob) -> bytes:
    """Encode an attempt, whose code is told, without its secrets."""
    code = job.code
    assert code is not None
    document: dict[str, JSON] = {
        "run_id": job.run_id,
        "run_name": job.run_name,
        "pipeline": job.pipeline,
        "store_url": job.store_url,
        "step": step_to_json(job.step),
        "attempt": job.attempt,
        "inputs": {name: input_to_json(value) for name, value in job.inputs.items()},
        "cache_key": job.cache_key,
        "retries_left": job.retries_left,
        "failure": job.failure.to_json() if job.failure else None,
        "code": {"archive": code.archive, "module": code.module, "path": list(code.path), "argv": list(code.argv)},
    }
    return encode(document)


def from_bytes(data: bytes) -> StepJob:
    """Decode what `to_bytes` made; the job's delivery and store options are still missing.

    Raises PodiumError when a newer podium wrote it.
    """
    plain: dict[str, Any] = decode(data, "job document")
    code = plain["code"]
    return StepJob(
        **{
            **plain,
            "code": JobCode(code["archive"], code["module"], tuple(code["path"]), tuple(code["argv"])),
            "step": step_from_json(plain["step"]),
            "inputs": {name: input_from_json(value) for name, value in plain["inputs"].items()},
            "failure": StepFailure(**plain["failure"]) if plain["failure"] else None,
        }
    )


def secrets_of(delivery: Delivery | None, store_options: Mapping[str, JSON]) -> Secret | None:
    """Return the content of the secrets file, None for a job that needs none."""
    if delivery is None and not store_options:
        return None
    content: dict[str, JSON] = {"store_options": dict(store_options)}
    if delivery is not None:
        content["delivery"] = {
            "environment": dict(delivery.environment),
            "secrets": {name: dict(values) for name, values in delivery.secrets.items()},
            "hidden": list(delivery.hidden),
        }
    return Secret(json.dumps(content))


def read_secrets(text: str) -> tuple[Delivery | None, Mapping[str, JSON]]:
    """Return the delivery and the store options of a secrets file; raise PodiumError when it makes no sense."""
    try:
        content: dict[str, Any] = json.loads(text)
        given = content.get("delivery")
        delivery = Delivery(given["environment"], given["secrets"], tuple(given["hidden"])) if given else None
        return delivery, content["store_options"]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise PodiumError("the file with this job's secrets is damaged") from None
