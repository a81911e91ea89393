"""The lines of an ignore file as one regular expression: git's rules to the letter, and Docker's in terms of git's.

Which of git's patterns matches is told by gitignore(5) and by git's own wildmatch.c. Libraries for them judge whole
paths at once; a walk that is to pass over ignored folders needs to know of each folder and file by itself.
"""

from __future__ import annotations

import posixpath
import re
import string
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

_SPECIAL = re.compile(rb"[*?\[\\]")
_TRIMMED = re.compile(rb"(?:\\.|\\\Z|[^\\ ]| +(?=[^ ]))*", re.DOTALL)  # trailing spaces go, unless escaped
_ITEM = re.compile(rb"\[:(?P<kind>[^]]*):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^]\\]))?", re.DOTALL)
_ALNUM = string.ascii_letters + string.digits
_KINDS = {
    b"alnum": _ALNUM,
    b"alpha": string.ascii_letters,
    b"blank": " \t",
    b"cntrl": "".join(map(chr, (*range(32), 127))),
    b"digit": string.digits,
    b"graph": _ALNUM + string.punctuation,
    b"lower": string.ascii_lowercase,
    b"print": _ALNUM + string.punctuation + " ",
    b"punct": string.punctuation,
    b"space": string.whitespace,
    b"upper": string.ascii_uppercase,
    b"xdigit": string.hexdigits,
}


class Rule(NamedTuple):
    """One line: `regex` matches `name NUL path NUL`, followed by a slash for folders."""

    negated: bool
    regex: bytes


class Patterns:
    """The rules of one ignore file; of those that match, the last one counts."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        groups = [
            (negated, b"(" + b"|".join(rule.regex for rule in alike) + b")")
            for negated, alike in groupby(reversed(rules), key=lambda rule: rule.negated)
        ]
        self._verdicts = [not negated for negated, _ in groups]
        self._match = re.compile(b"|".join(group for _, group in groups)).fullmatch if groups else None

    def verdict(self, path: bytes, *, is_folder: bool) -> bool | None:
        """Say whether a path, relative to the ignore file's folder, is left out; None where no rule is about it."""
        if self._match is None:
            return None
        found = self._match(b"%b\0%b\0%b" % (path[path.rfind(b"/") + 1 :], path, b"/" if is_folder else b""))
        return self._verdicts[found.lastindex - 1] if found and found.lastindex else None


class DockerPatterns(Patterns):
    """A `.dockerignore`: anchored at its folder, and about all that is below what a rule names."""

    def __init__(self, data: bytes) -> None:
        lines = [line for line in map(_docker_line, _lines(data)) if line]
        super().__init__(_rules(lines, below=rb"(?:/[^\0]*)?"))
        self._kept = [_literal(line[2:]) + b"/" for line in lines if line.startswith(b"!")]

    def may_keep_below(self, folder: bytes) -> bool:
        """Say whether a `!` rule can be about something in a folder that is left out."""
        inside = folder + b"/"
        return any(kept.startswith(inside) or inside.startswith(kept.rstrip(b"/")) for kept in self._kept)


def git_patterns(data: bytes) -> Patterns:
    """Read a `.gitignore`, or another file of its form."""
    return Patterns(_rules(_lines(data)))


def _lines(data: bytes) -> list[bytes]:
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.removesuffix(b"\r").partition(b"\0")[0] for line in lines if not line.startswith(b"#")]


def _docker_line(line: bytes) -> bytes:
    """Write a line of a `.dockerignore` as git would have it; empty for one without a meaning."""
    line = line.strip()
    negated, pattern = line.startswith(b"!"), line.removeprefix(b"!").strip()
    path = posixpath.normpath(pattern).strip(b"/")
    return (b"!/" if negated else b"/") + path if pattern and path else b""


def _rules(lines: Sequence[bytes], below: bytes = b"") -> list[Rule]:
    return [rule for rule in (_rule(line, below) for line in lines) if rule]


def _rule(line: bytes, below: bytes) -> Rule | None:
    trimmed = _TRIMMED.match(line)
    assert trimmed
    negated, pattern = trimmed[0].startswith(b"!"), trimmed[0].removeprefix(b"!")
    end = b"/" if pattern.endswith(b"/") else b"/?"
    pattern = pattern.removesuffix(b"/")
    in_path = b"/" in pattern
    regex = _glob(pattern.removeprefix(b"/"), in_path=in_path) if pattern else None
    if regex is None:
        return None
    name, path = (rb"[^\0]*", regex + below) if in_path else (regex, rb"[^\0]*")
    return Rule(negated, rb"%b\0%b\0%b" % (name, path, end))


def _literal(pattern: bytes) -> bytes:
    return _SPECIAL.split(pattern, maxsplit=1)[0]


def _glob(pattern: bytes, *, in_path: bool) -> bytes | None:
    """Translate a pattern; None for one that can match nothing."""
    first = len(_literal(pattern))
    regex, at = b"", 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        token: tuple[bytes, int] | None
        if char == b"*":
            token = _stars(pattern, at, crossing=in_path and (at == first or pattern[at - 1 : at] == b"/"))
        elif char == b"[":
            token = _bracket(pattern, at)
        elif char == b"\\":
            token = (re.escape(pattern[at + 1 : at + 2]), at + 2) if at + 1 < len(pattern) else None
        else:
            token = (rb"[^/\0]" if char == b"?" else re.escape(char), at + 1)
        if token is None:
            return None
        regex, at = regex + token[0], token[1]
    return regex


def _stars(pattern: bytes, at: int, *, crossing: bool) -> tuple[bytes, int]:
    rest = pattern[at:].lstrip(b"*")
    end = len(pattern) - len(rest)
    if crossing and end - at > 1:
        if rest.startswith(b"/"):
            return rb"(?:[^\0]*/)?", end + 1
        if not rest or rest.startswith(b"\\/"):
            return rb"[^\0]*", end
    return rb"[^/\0]*", end


def _bracket(pattern: bytes, start: int) -> tuple[bytes, int] | None:
    """Translate `[...]`; None where it has no end or names a class that does not exist."""
    negated = pattern[start + 1 : start + 2] in (b"!", b"^")
    at = first = start + 1 + negated
    members: set[int] = set()
    while at == first or pattern[at : at + 1] != b"]":
        item = _ITEM.match(pattern, at)
        if item is None or (item["kind"] is not None and item["kind"] not in _KINDS):
            return None
        if item["kind"] is not None:
            members.update(_KINDS[item["kind"]].encode())
        else:
            low = item["low"][-1]
            members.update((low, *range(low, item["high"][-1] + 1 if item["high"] else low)))
        at = item.end()
    matching = [byte for byte in range(1, 256) if (byte in members) != negated and byte != ord("/")]
    return (b"[%b]" % b"".join(b"\\x%02x" % byte for byte in matching) if matching else rb"(?!)"), at + 1
