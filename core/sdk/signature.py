"""What a function takes and gives, read from its parameters and annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping

from ..dataclass import dataclass
from ..errors import UsageError
from ..names import check_name
from ..spec import OutputSpec, Parameter
from .parameters import ParameterType
from .place import written

_UNTYPED = (object, typing.Any, types.UnionType)
_REQUIRED = object()
_VARIADIC = {"*": 0x04, "**": 0x08}
"""Flags of code objects, as the standard module `inspect` has them, which takes long to import."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `default` is None where there is none, or where it is not JSON and only the code knows it."""

    name: str
    type: ParameterType
    required: bool
    default: Parameter | None


@dataclass(frozen=True, slots=True)
class Output:
    """One output with its annotation, `object` when there is none."""

    spec: OutputSpec
    annotation: object


@dataclass(frozen=True, slots=True)
class Signature:
    """Arguments in order, those that may be given by position, outputs, and what is wrong with any of these."""

    arguments: Mapping[str, Argument]
    positional: tuple[str, ...]
    outputs: tuple[Output, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Taken:
    """Arguments with a name, each with its default or `_REQUIRED`; those that may be given by position; the others."""

    defaults: Mapping[str, object]
    positional: tuple[str, ...]
    unnamed: list[str]


def signature_of(function: Callable[..., object], local_names: Mapping[str, object]) -> Signature:
    """Read a function; `local_names` resolve string annotations that the function's module cannot."""
    plain = written(function)
    assert plain is not None
    problems: list[str] = []
    hints = _hints(plain, local_names, problems)
    taken = _declared(function) or _written(plain)
    arguments = {name: _argument(name, default, hints.get(name, object)) for name, default in taken.defaults.items()}
    problems += [f"argument {name!r}: every argument must be given by its name" for name in taken.unnamed]
    returned = hints.get("return", object)
    outputs = tuple(_outputs(returned))
    problems += _output_problems(returned, outputs)
    return Signature(arguments, taken.positional, outputs, tuple(problems))


def _declared(function: object) -> _Taken | None:
    """Read what a decorator says that the function takes, as `inspect.signature` does; None where none says it."""
    while not hasattr(function, "__signature__"):
        if not hasattr(function, "__wrapped__"):
            return None
        function = function.__wrapped__
    found = list(function.__signature__.parameters.values())
    named = [one for one in found if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}]
    return _Taken(
        {one.name: _REQUIRED if one.default is one.empty else one.default for one in named},
        tuple(one.name for one in named if one.kind is one.POSITIONAL_OR_KEYWORD),
        [str(one).partition(":")[0] for one in found if one not in named],
    )


def _written(function: types.FunctionType) -> _Taken:
    """Read the function's own code."""
    code = function.__code__
    rest = code.co_argcount + code.co_kwonlyargcount
    unnamed = list(code.co_varnames[: code.co_posonlyargcount])
    for stars, flag in _VARIADIC.items():
        if code.co_flags & flag:
            unnamed.append(stars + code.co_varnames[rest])
            rest += 1
    return _Taken(_defaults(function), code.co_varnames[code.co_posonlyargcount : code.co_argcount], unnamed)


def _defaults(function: types.FunctionType) -> dict[str, object]:
    """Return the arguments that can be given by their names, each with its default or `_REQUIRED`."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = dict.fromkeys(names, _REQUIRED)
    given = function.__defaults__ or ()
    found |= zip(names[code.co_argcount - len(given) : code.co_argcount], given, strict=True)
    found |= function.__kwdefaults__ or {}
    return {name: found[name] for name in names[code.co_posonlyargcount :]}


def _hints(
    function: Callable[..., object], local_names: Mapping[str, object], problems: list[str]
) -> Mapping[str, object]:
    try:
        return typing.get_type_hints(function, localns=dict(local_names), include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the user's code; each is tried alone below
        return dict(_each_hint(function, local_names, problems))


def _each_hint(
    function: Callable[..., object], local_names: Mapping[str, object], problems: list[str]
) -> Iterator[tuple[str, object]]:
    for name, annotation in function.__annotations__.items():
        holder = type("Annotations", (), {"__annotations__": {name: annotation}})
        try:
            hints = typing.get_type_hints(holder, function.__globals__, dict(local_names), include_extras=True)
            yield name, hints[name]
        except Exception as error:  # noqa: BLE001 - annotations are the user's code
            what = "the return annotation" if name == "return" else f"the annotation of argument {name!r}"
            problems.append(f"{what} cannot be read: {error} (names in annotations must exist when the pipeline runs)")


def _argument(name: str, default: object, annotation: object) -> Argument:
    checked = ParameterType(annotation)
    if default is _REQUIRED:
        return Argument(name, checked, required=True, default=None)
    try:
        encoded = Parameter(checked.encode(default))
    except ValueError:
        encoded = None
    return Argument(name, checked, required=False, default=encoded)


def _outputs(annotation: object) -> Iterator[Output]:
    name, bare = _named(annotation)
    if bare in (None, type(None), typing.NoReturn):
        return
    parts = typing.get_args(bare)
    if name is None and typing.get_origin(bare) is tuple and len(parts) > 1 and parts[-1] is not Ellipsis:
        for position, part in enumerate(parts):
            part_name, bare_part = _named(part)
            yield _output(part_name, f"output_{position}", bare_part)
    else:
        yield _output(name, "output", bare)


def _output(name: str | None, otherwise: str, annotation: object) -> Output:
    spec = OutputSpec(name or otherwise, type=_type_source(annotation), named=name is not None)
    return Output(spec, annotation)


def _named(annotation: object) -> tuple[str | None, object]:
    if typing.get_origin(annotation) is not typing.Annotated:
        return None, annotation
    bare, *extra = typing.get_args(annotation)
    return next((text for text in extra if isinstance(text, str)), None), bare


def _type_source(annotation: object) -> str | None:
    cls = typing.get_origin(annotation) or annotation
    if not isinstance(cls, type) or cls in _UNTYPED:
        return None
    from .source import class_source

    return class_source(cls)


def _output_problems(annotation: object, outputs: tuple[Output, ...]) -> Iterator[str]:
    parts = typing.get_args(annotation) if typing.get_origin(annotation) is tuple else ()
    if len(parts) == 1 and (name := _named(parts[0])[0]):
        yield f"the return annotation is a tuple of one part: for a single output write Annotated[…, {name!r}]"
    seen: set[str] = set()
    for output in outputs:
        name = output.spec.name
        if name in seen:
            yield f"two outputs are named {name!r}"
        seen.add(name)
        try:
            check_name(name, "output")
        except UsageError as error:
            yield str(error)


def mismatch(produced: object, wanted: object) -> bool:
    """Say whether no value of one annotation can be meant for the other; in doubt it can."""
    if not _plain(produced) or not _plain(wanted) or {produced, wanted}.isdisjoint(_BUILTIN):
        return False
    if wanted in _WIDER and produced in _WIDER:
        return _WIDER.index(produced) > _WIDER.index(wanted)
    try:
        return not (issubclass(produced, wanted) or issubclass(wanted, produced))
    except TypeError:
        return False


_WIDER = (bool, int, float, complex)
_BUILTIN = {*_WIDER, str, bytes, list, tuple, dict, set, frozenset, type(None)}


def _plain(annotation: object) -> typing.TypeGuard[type]:
    return isinstance(annotation, type) and not typing.get_args(annotation) and annotation not in _UNTYPED


def fits(value: object, annotation: object) -> bool:
    """Say whether a value that a step returned may be what its annotation promises; in doubt it may."""
    if not _plain(annotation) or annotation not in _BUILTIN or annotation is type(None):
        return True
    if annotation in _WIDER:
        return hasattr(value, "__index__" if annotation in (bool, int) else "__float__") or isinstance(
            value, annotation
        )
    return isinstance(value, annotation)
