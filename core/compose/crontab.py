"""The blocks that schedules have in a user's crontab, which crontab.sh edits on the host.

# podium schedule begin <id> <name>
<when> /bin/sh <folder>/fire.sh
# podium schedule end <id>
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from ..dataclass import dataclass

_BEGIN = re.compile(r"# podium schedule begin ([0-9a-f-]{36}) (.*)")
_LINE = re.compile(r"(#[# ]*)?((?:\S+[ \t]+){4}\S+)[ \t]+/bin/sh (.+)/fire\.sh(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """One schedule; `cron` and `folder` are empty where its line was taken out or makes no sense any more."""

    id: str
    name: str
    cron: str = ""
    folder: str = ""
    paused: bool = False


def cron_line(when: str, folder: str) -> str:
    """Return the line that fires a schedule; `when` is five fields, or what crontab.sh makes them of.

    cron takes `%` for the end of a line, and a backslash from before it: there is never another before that one.
    """
    return f"{when} /bin/sh " + shlex.quote(f"{folder}/fire.sh").replace("%", r"''\%")


def render_block(schedule_id: str, name: str, when: str, folder: str) -> str:
    """Return a block, without the end of its last line."""
    line = cron_line(when, folder)
    return f"# podium schedule begin {schedule_id} {name}\n{line}\n# podium schedule end {schedule_id}"


def read_blocks(lines: Iterable[str]) -> Iterator[Block]:
    """Yield the blocks in a crontab; a line that is no part of one says nothing."""
    block = None
    for line in lines:
        if begin := _BEGIN.fullmatch(line):
            if block:
                yield block
            block = Block(begin[1], begin[2])
        elif block and line == f"# podium schedule end {block.id}":
            yield block
            block = None
        elif block and (found := _LINE.fullmatch(line)) and f"/schedules/{block.id}" in found[3]:
            block = Block(block.id, block.name, found[2], _folder(f"{found[3]}/fire.sh{found[4]}"), bool(found[1]))
    if block:
        yield block


def _folder(word: str) -> str:
    try:
        (path,) = shlex.split(word.replace(r"\%", "%"))
    except ValueError:
        return ""
    return path.removesuffix("/fire.sh")
