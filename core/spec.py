"""The compiled pipeline: plain data that every flavor and every step runner reads.

A spec holds no id, time, host or secret; equal pipelines give equal bytes, and the digest of the bytes names the spec.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, Union

from .dataclass import dataclass, defaults, field
from .errors import PodiumError, UsageError

FORMAT = 1

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
ExecutionMode = Literal["continue_on_failure", "stop_on_failure", "fail_fast"]
EXECUTION_MODES: tuple[ExecutionMode, ...] = ("continue_on_failure", "stop_on_failure", "fail_fast")


class Compact:
    """Makes a dataclass cheap to pickle: as a call of its class, without the names of its fields."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[Compact], tuple[object, ...]]:
        """Give the class and the fields in order."""
        fields: tuple[str, ...] = self.__slots__
        return type(self), tuple(getattr(self, name) for name in fields)


@dataclass(frozen=True, slots=True)
class Parameter(Compact):
    """A JSON value given to a step at trace time, already validated against the step's annotation."""

    value: JSON


@dataclass(frozen=True, slots=True)
class Upstream(Compact):
    """One output of another step of the same pipeline."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class Stored(Compact):
    """An artifact that is in the store before the run starts; `record` is an ArtifactRecord as JSON."""

    record: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Collection(Compact):
    """A list, tuple or dict whose members are inputs themselves; `keys` is empty unless the kind is dict."""

    kind: Literal["list", "tuple", "dict"]
    items: tuple[Input, ...]
    keys: tuple[str, ...] = ()


Input: TypeAlias = Parameter | Upstream | Stored | Collection


@dataclass(frozen=True, slots=True)
class OutputSpec(Compact):
    """One output of a step: `type` is `module:qualname`, None without annotation; `named` ones are found by name."""

    name: str
    type: str | None = None
    materializer: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class RetrySpec:
    """Attempts after the first one; the n-th waits `delay * backoff ** (n - 1)` seconds."""

    max_retries: int
    delay: float = 0.0
    backoff: float = 1.0

    def pause(self, tried: int) -> float:
        """Return the seconds between attempt number `tried`, counted from 1, and the next one."""
        return self.delay * self.backoff ** (tried - 1)


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """What one step takes; `memory` in bytes, None meaning not asked for."""

    cpu_count: float | None = None
    memory: int | None = None
    gpu_count: int = 0
    gpu_class: str | None = None
    strict: bool = True


NO_RESOURCES = ResourceSpec()
_NOTHING: Mapping[str, JSON] = {}
_NO_TEXT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One step call. `source` is `module:qualname` below the source root; `code` is the fingerprint of what it reaches.

    `after` holds ordering without data; `pickled` is base64 cloudpickle of a function that cannot be imported.
    `settings` is keyed by component key (`orchestrator`, `orchestrator.local`, `docker`), values already validated.
    `image` is the reference, pinned by digest, of the container image that the step runs in, where it runs in one.
    """

    id: str
    name: str
    source: str
    code: str = ""
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: tuple[OutputSpec, ...] = ()
    after: tuple[str, ...] = ()
    settings: Mapping[str, JSON] = field(default_factory=lambda: _NOTHING)
    resources: ResourceSpec = NO_RESOURCES
    retry: RetrySpec | None = None
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    secrets: tuple[str, ...] = ()
    enable_cache: bool = True
    on_failure: str | None = None
    on_success: str | None = None
    tags: tuple[str, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=lambda: _NOTHING)
    pickled: str | None = None
    image: str | None = None

    def __reduce__(self) -> tuple[object, tuple[dict[str, JSON]]]:
        """Pickle without defaults: a spec goes to a worker with every job."""
        return _restored, (_plain(self),)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Ids of every step this one waits for, each once, in order of first mention."""
        seen = dict.fromkeys(ref.step for value in self.inputs.values() for ref in upstreams(value))
        seen.update(dict.fromkeys(self.after))
        return tuple(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """A whole pipeline with its steps in topological order; `module` is None when the pipeline cannot be imported."""

    name: str
    source: str
    steps: tuple[StepSpec, ...]
    parameters: Mapping[str, JSON] = field(default_factory=lambda: _NOTHING)
    execution_mode: ExecutionMode = "continue_on_failure"
    settings: Mapping[str, JSON] = field(default_factory=lambda: _NOTHING)
    tags: tuple[str, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=lambda: _NOTHING)
    schedule: Mapping[str, JSON] | None = None

    @property
    def module(self) -> str | None:
        """Name of the module that defines the pipeline, None when it has no file."""
        return self.source.partition(":")[0] or None

    def to_bytes(self) -> bytes:
        """Encode as canonical JSON: sorted keys, defaults left out, one step to a line.

        Raises UsageError for text that UTF-8 cannot hold, as what Python makes of odd file names.
        """
        head = _encode({**_plain(self, skip="steps"), "format": FORMAT})
        steps = ",\n".join(_encode(step_to_json(step)) for step in self.steps)
        try:
            return f'{head[:-1]},"steps":[\n{steps}\n]}}\n'.encode()
        except UnicodeEncodeError as error:
            found = error.object[: error.end].rpartition('"')[2][-40:]
            raise UsageError(
                f"pipeline {self.name!r} has text that UTF-8 cannot hold, at the end of {found!r}",
                hint="a tag, a setting or another option has it: write it in other characters",
            ) from error

    @classmethod
    def from_bytes(cls, data: bytes) -> PipelineSpec:
        """Decode what `to_bytes` made; raise PodiumError when a newer podium wrote it."""
        plain = json.loads(data)
        check_format(plain, FORMAT, "pipeline spec")
        del plain["format"]
        plain["steps"] = tuple(step_from_json(step) for step in plain["steps"])
        if "tags" in plain:
            plain["tags"] = tuple(plain["tags"])
        return cls(**plain)


def spec_digest(data: bytes) -> str:
    """Return the name of an encoded spec: its BLAKE3 digest in hex."""
    from blake3 import blake3

    return blake3(data).hexdigest()


def upstreams(value: Input) -> Iterator[Upstream]:
    """Yield every reference to another step's output inside an input, depth first."""
    if isinstance(value, Upstream):
        yield value
    elif isinstance(value, Collection):
        for item in value.items:
            yield from upstreams(item)


def check_format(document: Mapping[str, JSON], known: int, what: str) -> None:
    """Raise PodiumError when a stored document's format number is newer than this podium reads."""
    found = document.get("format")
    if not isinstance(found, int) or found > known:
        raise PodiumError(
            f"this {what} has format {found}, this podium reads up to {known}",
            hint="install a newer podium: pip install --upgrade podium",
        )


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _plain(value: object, *, skip: str = "") -> dict[str, JSON]:
    """Fields of a dataclass that differ from their default, tuples as lists."""
    plain: dict[str, JSON] = {}
    for name, default in _defaults(type(value)).items():
        found = getattr(value, name)
        if found is not default and name != skip and found != default:
            plain[name] = list(found) if isinstance(found, tuple) else found
    return plain


def _restored(fields: dict[str, JSON]) -> StepSpec:
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return StepSpec(**{**fields, **lists})  # type: ignore[arg-type]


_DEFAULTS: dict[type, dict[str, object]] = {}


def _defaults(cls: type) -> dict[str, object]:
    known = _DEFAULTS.get(cls)
    if known is None:
        known = _DEFAULTS[cls] = defaults(cls)
    return known


def step_to_json(step: StepSpec) -> dict[str, JSON]:
    """Encode one step, defaults left out."""
    plain = _plain(step)
    if step.inputs:
        plain["inputs"] = {name: input_to_json(value) for name, value in step.inputs.items()}
    if step.outputs:
        plain["outputs"] = [_plain(output) for output in step.outputs]
    if step.retry:
        plain["retry"] = {"max_retries": step.retry.max_retries, **_plain(step.retry)}
    if "resources" in plain:
        plain["resources"] = _plain(step.resources)
    return plain


def step_from_json(plain: dict[str, JSON]) -> StepSpec:
    """Decode what `step_to_json` made."""
    fields: dict[str, object] = {**plain}
    if "inputs" in plain:
        fields["inputs"] = {name: input_from_json(value) for name, value in plain["inputs"].items()}  # type: ignore[union-attr,arg-type]
    if "outputs" in plain:
        fields["outputs"] = tuple(OutputSpec(**output) for output in plain["outputs"])  # type: ignore[union-attr,arg-type]
    if "retry" in plain:
        fields["retry"] = RetrySpec(**plain["retry"])  # type: ignore[arg-type]
    if "resources" in plain:
        fields["resources"] = ResourceSpec(**plain["resources"])  # type: ignore[arg-type]
    for name in ("after", "tags", "secrets"):
        if name in plain:
            fields[name] = tuple(plain[name])  # type: ignore[arg-type]
    return StepSpec(**fields)  # type: ignore[arg-type]


def input_to_json(value: Input) -> dict[str, JSON]:
    """Encode one input as an object whose single tag says its kind."""
    if isinstance(value, Parameter):
        return {"value": value.value}
    if isinstance(value, Upstream):
        return {"step": value.step, "output": value.output}
    if isinstance(value, Stored):
        return {"stored": dict(value.record)}
    items: list[JSON] = [input_to_json(item) for item in value.items]
    return {value.kind: items, "keys": list(value.keys)} if value.kind == "dict" else {value.kind: items}


def input_from_json(plain: Mapping[str, JSON]) -> Input:
    """Decode what `input_to_json` made."""
    if "step" in plain:
        return Upstream(str(plain["step"]), str(plain["output"]))
    if "value" in plain:
        return Parameter(plain["value"])
    if "stored" in plain:
        return Stored(plain["stored"])  # type: ignore[arg-type]
    kind: Literal["list", "tuple", "dict"] = "list" if "list" in plain else "tuple" if "tuple" in plain else "dict"
    items = tuple(input_from_json(item) for item in plain[kind])  # type: ignore[union-attr,arg-type]
    return Collection(kind, items, tuple(plain.get("keys", ())))  # type: ignore[arg-type]
