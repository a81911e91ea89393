"""The part of a fingerprint for functions without a source: typed into a notebook, read from stdin, generated."""

from __future__ import annotations

from types import CodeType

from blake3 import blake3


def bytecode_digest(code: CodeType) -> str:
    """Digest instructions, constants and names, without addresses and file names; differs between Python versions."""
    return blake3(_describe(code).encode()).hexdigest()


def global_names(code: CodeType) -> set[str]:
    """Names that code may look up in its module, also in the functions nested in it."""
    nested = [global_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names}.union(*nested)


def _describe(value: object) -> str:
    """Write a constant as text that is the same in every process."""
    if isinstance(value, CodeType):
        shape = (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags)
        names = (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
        return f"code{_describe((value.co_name, value.co_code, value.co_consts, *shape, *names))}"
    if isinstance(value, tuple):
        return f"({','.join(_describe(item) for item in value)})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(_describe(item) for item in value))}}}"
    return hex(value) if type(value) is int else ascii(value)
