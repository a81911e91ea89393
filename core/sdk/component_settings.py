"""The `settings` of pipelines and steps: which keys there are, whose they are, and what is in them as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from .. import registry
from ..contracts.component import Settings
from ..errors import DefinitionError, MissingToolError, PodiumError, UsageError
from ..kinds import KINDS
from ..names import did_you_mean
from ..secrets.references import is_reference
from ..secrets.secret import Secret
from ..spec import JSON, ResourceSpec
from ..validation import SettingsT, as_json, validated
from .settings import DockerSettings, ResourceSettings, memory_bytes

if TYPE_CHECKING:
    from ..contracts.orchestrator import Orchestrator
    from ..overview import FlavorInfo

Fields: TypeAlias = dict[str, dict[str, JSON]]

_GENERAL: Mapping[str, type[Settings]] = {"docker": DockerSettings, "resources": ResourceSettings}


class SettingsReader:
    """Checks settings against an orchestrator and brings them into one form.

    What the active flavor applies is put under `orchestrator`, what another one would under `orchestrator.<flavor>`.
    """

    def __init__(self, orchestrator: Orchestrator[Settings]) -> None:
        self._active = type(orchestrator)
        self._applied = registry.settings_keys(orchestrator.flavor)

    @cached_property
    def _flavors(self) -> Mapping[str, FlavorInfo]:
        """Every orchestrator flavor: looking for other packages' costs more than compiling does."""
        return registry.flavors("orchestrator")

    def read(self, settings: Mapping[str, object], *, subject: str, where: str, faults: list[PodiumError]) -> Fields:
        """Return the fields that are set, by key; a key or value that is wrong becomes a fault and is left out."""
        fields: Fields = {}
        order = sorted(settings, key=lambda key: self._applied.index(key) if key in self._applied else -1)
        for given in order:
            try:
                key, values = self._entry(given, settings[given], subject, where)
            except DefinitionError as error:
                faults += error.faults
            except PodiumError as error:
                faults.append(error)
            else:
                fields.setdefault(key, {}).update(values)
        return fields

    def _entry(self, key: str, value: object, subject: str, where: str) -> tuple[str, dict[str, JSON]]:
        if not isinstance(value, (Settings, Mapping)):
            raise UsageError(
                f"{subject}: settings {key!r} must be a settings object or a dict, not {type(value).__name__}",
                where=where,
            )
        if key in _GENERAL:
            return key, _fields(_GENERAL[key], value, f"{subject}: settings {key!r}", where)
        if key not in self._applied:
            self._check_key(key, subject, where)
        expected = "orchestrator" if key in self._applied else key
        target = self._owner(value) if isinstance(value, Settings) else expected
        if target is None or (target != expected and key != "orchestrator"):
            owner = self._active.flavor if target == "orchestrator" else (target or "no orchestrator flavor")
            belongs = f"{type(value).__name__}, which belongs to {owner}"
            raise UsageError(f"{subject}: settings {key!r} cannot be {belongs}", where=where)
        model = self._active.settings_class if target == "orchestrator" else self._model(target)
        return target, _fields(model, value, f"{subject}: settings {key!r}", where)

    def _check_key(self, key: str, subject: str, where: str) -> None:
        families = {f"orchestrator.{info.family}" for info in self._flavors.values() if info.family}
        known = {"orchestrator", *_GENERAL, *families, *(f"orchestrator.{name}" for name in self._flavors)}
        if key in known:
            return
        kind = key.partition(".")[0].replace("_", "-")
        hint = did_you_mean(key, known)
        if kind in KINDS and kind != "orchestrator":
            hint = f"an {kind} takes its fields where it is registered: podium {kind} register"
        raise UsageError(f"{subject}: there are no settings {key!r}", where=where, hint=hint)

    def _owner(self, value: Settings) -> str | None:
        """Return the key of the flavor that a settings object was made for, None for an object of no flavor."""
        if isinstance(value, self._active.settings_class):
            return "orchestrator"
        module = type(value).__module__
        for info in self._flavors.values():
            if info.entry_point.partition(":")[0] == module:
                return f"orchestrator.{info.family or info.name}"
        return None

    def _model(self, key: str) -> type[Settings] | None:
        """Return the settings class of a flavor that is not the active one, None where it cannot be had."""
        name = key.removeprefix("orchestrator.")
        info = next(
            (info for info in self._flavors.values() if name in (info.name, info.family) and info.entry_point), None
        )
        if info is None:
            return None
        try:
            found: type[Settings] | None = getattr(registry.load("orchestrator", info.name), "settings_class", None)
        except MissingToolError:
            return None
        return found


def laid_over(layers: Iterable[Fields]) -> Fields:
    """Merge settings from the weakest to the strongest layer, field by field."""
    merged: Fields = {}
    for layer in layers:
        for key, fields in layer.items():
            merged[key] = {**merged.get(key, {}), **fields}
    return merged


def resource_spec(fields: Mapping[str, JSON], *, strict: bool | None) -> ResourceSpec:
    """Make the spec of checked resource fields; `strict` beats what they say."""
    settings = validated(ResourceSettings, fields, subject="resources", where="settings")
    return ResourceSpec(
        cpu_count=settings.cpu_count,
        memory=memory_bytes(settings.memory) if settings.memory else None,
        gpu_count=settings.gpu_count or 0,
        gpu_class=settings.gpu_class,
        strict=settings.strict_resources if strict is None else strict,
    )


def checked(model: type[SettingsT], given: object, subject: str, where: str) -> SettingsT:
    """Return a settings object from one, or from a mapping of its fields; raise DefinitionError with every fault."""
    if isinstance(given, model):
        return given
    if not isinstance(given, Mapping):
        fault = UsageError(f"{subject} must be a {model.__name__} or a dict, not {given!r}", where=where)
        raise DefinitionError([fault], subject=subject)
    try:
        return validated(model, given, subject=subject, where=where)
    except DefinitionError as error:
        faults = [UsageError(f"{subject}: {fault.message}", where=where, hint=fault.hint) for fault in error.faults]
        raise DefinitionError(faults, subject=subject) from None


def _fields(
    model: type[Settings] | None, value: Settings | Mapping[object, object], subject: str, where: str
) -> dict[str, JSON]:
    if model is not None:
        value = checked(model, value, subject, where)
    if isinstance(value, Settings):
        _check_secrets(value, subject, where)
        return as_json(value)
    return {str(name): field for name, field in value.items()}  # type: ignore[misc]


def _check_secrets(settings: Settings, subject: str, where: str) -> None:
    """Raise DefinitionError for fields that hold a secret itself: settings are kept in the records of runs."""
    faults = [
        UsageError(
            f"{subject}: field {name!r} holds a secret",
            where=where,
            hint="keep it apart, podium secret create NAME --KEY=-, and refer to it: '{{NAME.KEY}}'",
        )
        for name, value in settings.given().items()
        if isinstance(value, Secret) and not is_reference(value.reveal())
    ]
    if faults:
        raise DefinitionError(faults, subject=subject)
