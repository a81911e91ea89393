"""The schedules on one host: its crontab, and the folders beside those of runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ..contracts.schedules import Firing, ScheduleState
from ..dataclass import dataclass, field
from ..errors import ConflictError, PodiumError
from ..sdk.cron import next_firing
from .crontab import Block, cron_line, read_blocks, render_block

if TYPE_CHECKING:
    from ..sdk.schedule import Schedule
    from .host import ComposeHost

FOLDER = "schedules"
FIRE, CRONTAB, SCHEDULE_CONF, TIMES_CONF = "fire.sh", "crontab.sh", "schedule.conf", "times.conf"
_NO_BLOCK = 67
_PULLING = 3600.0
_PULL = 'exec sh "$1/fire.sh" pull'


class HostSchedules:
    """The schedules of one user on one host. Each verb is one remote command, and raises PodiumError when it fails."""

    def __init__(self, host: ComposeHost, workdir: str) -> None:
        self._host = host
        self._workdir = workdir

    def states(self) -> list[ScheduleState]:
        """Return those in the crontab, and those with a folder below the work folder, the newest first."""
        listing = _read_listing(self._edit("list", self._workdir))
        return [self._state(schedule_id, listing) for schedule_id in sorted(listing.ids, reverse=True)]

    def pull(self, folder: str) -> None:
        """Bring the images of a schedule to the host; takes as long as that does, for at most an hour."""
        answer = self._host.session.run(_PULL, folder, patience=_PULLING)
        if answer.code != 0:
            raise PodiumError(f"host {self._host.name}: {answer.reason}")

    def install(self, folder: str, name: str, schedule: Schedule) -> None:
        """Have cron fire a schedule whose folder is there, and no other of its name any more."""
        root, _, schedule_id = folder.rpartition("/")
        self._edit("install", root, schedule_id, name, render_block(schedule_id, name, when(schedule), folder))

    def reschedule(self, folder: str, schedule: Schedule) -> None:
        """Change when a schedule fires."""
        line = cron_line(when(schedule), folder)
        self._edit("line", _id(folder), line, folder, stdin=conf(times(schedule)))

    def pause(self, folder: str, *, paused: bool) -> None:
        """Comment the line of a schedule out, or in again."""
        self._edit("pause" if paused else "resume", _id(folder))

    def remove(self, folder: str) -> None:
        """Remove a schedule's block and folder."""
        self._edit("remove", _id(folder), folder)

    def _edit(self, *words: str, stdin: bytes = b"") -> str:
        answer = self._host.session.run(script(CRONTAB).decode(), *words, stdin=stdin)
        if answer.code == _NO_BLOCK:
            raise ConflictError(
                f"host {self._host.name} has nothing in its crontab for this schedule any more",
                hint="it has ended, or was taken out by hand: run its pipeline with a schedule again",
            )
        if answer.code != 0:
            raise PodiumError(
                f"schedules of host {self._host.name}: {answer.reason}",
                hint="the host needs cron, and this user must be allowed to use the program crontab",
            )
        return answer.output.decode(errors="replace")

    def _state(self, schedule_id: str, listing: _Listing) -> ScheduleState:
        known = listing.folders.get(schedule_id)
        block = listing.blocks.get(schedule_id)
        facts = known.conf if known else {}
        folder = f"{listing.workdir}/{FOLDER}/{schedule_id}"
        if block and block.folder and not known:
            folder = block.folder
        start, end, once = (float(facts[name]) if facts.get(name) else None for name in _TIMES)
        cron = "" if once else (block.cron if block else "") or facts.get("CRON", "")
        upcoming = once or next_firing(cron, max(listing.clock, (start or 0) - 1), listing.tzinfo)
        if upcoming is not None and (upcoming <= listing.clock or (end is not None and upcoming > end)):
            upcoming = None
        trouble = listing.trouble(block, folder, known) if upcoming else ""
        return ScheduleState(
            id=schedule_id,
            name=block.name if block else facts.get("NAME", ""),
            handle=self._host.handle(folder),
            cron=cron,
            zone=listing.zone,
            paused=block is not None and block.paused,
            start=start,
            end=end,
            once=once,
            next=None if trouble or (block and block.paused) else upcoming,
            firings=known.firings if known else (),
            trouble=trouble,
        )


@dataclass(slots=True)
class _Folder:
    conf: Mapping[str, str] = field(default_factory=dict)
    firings: list[Firing] = field(default_factory=list)


@dataclass(slots=True)
class _Listing:
    """What `crontab.sh list` printed."""

    workdir: str
    clock: float
    zone: str
    tzinfo: tzinfo
    idle: bool
    blocks: Mapping[str, Block]
    folders: Mapping[str, _Folder]

    @property
    def ids(self) -> set[str]:
        return {*self.blocks, *self.folders}

    def trouble(self, block: Block | None, folder: str, known: _Folder | None) -> str:
        if block is None or not block.cron:
            return "nothing in the crontab fires it any more"
        if known is None and folder.startswith(f"{self.workdir}/"):
            return "its folder is gone"
        return "no cron is seen running on the host" if self.idle else ""


_TIMES = ("NOT_BEFORE", "NOT_AFTER", "ONCE")


def times(schedule: Schedule) -> dict[str, str]:
    """Return what fire.sh is told of when to fire: five fields, and whole seconds since the epoch."""
    moments = (schedule.start_time, schedule.end_time, schedule.run_once_start_time)
    seconds = {name: str(int(at.timestamp())) if at else "" for name, at in zip(_TIMES, moments, strict=True)}
    return {"CRON": schedule.cron_expression or "", **seconds}


def when(schedule: Schedule) -> str:
    """Return what the line in the crontab begins with; one that fires once has its time as crontab.sh takes it."""
    once = schedule.run_once_start_time
    return f"@{int(once.timestamp())}" if once else schedule.cron_expression or ""


def conf(values: Mapping[str, str]) -> bytes:
    """Return assignments that `sh` reads."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()).encode()


def script(name: str) -> bytes:
    """Return one of the scripts beside this file."""
    return Path(__file__).with_name(name).read_bytes()


def _id(folder: str) -> str:
    return folder.rpartition("/")[2]


def _read_listing(printed: str) -> _Listing:
    facts: dict[str, str] = {}
    crontab: list[str] = []
    folders: dict[str, _Folder] = {}
    found: dict[str, list[str]] = {}
    for line in printed.split("\n"):
        word, _, rest = line.partition(" ")
        match word:
            case "crontab":
                crontab.append(rest)
            case "schedule":
                folders[rest] = _Folder()
                found[rest] = []
            case "conf":
                found[next(reversed(found))].append(rest)
            case "firing":
                folders[next(reversed(folders))].firings.insert(0, _firing(rest))
            case _:
                facts[word] = rest
    for schedule_id, lines in found.items():
        folders[schedule_id].conf = dict(_assignments(lines))
    return _Listing(
        workdir=facts["workdir"],
        clock=float(facts["clock"]),
        zone=facts["zone"],
        tzinfo=_zone(facts["zone"], facts["offset"]),
        idle="idle" in facts,
        blocks={block.id: block for block in read_blocks(crontab)},
        folders=folders,
    )


def _assignments(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition("=")
        yield name, "".join(shlex.split(value))


def _firing(text: str) -> Firing:
    at, what, *rest = text.split(" ", 2)
    if len(what) == 36 and what.count("-") == 4:
        return Firing(float(at), what, "".join(rest))
    return Firing(float(at), "", " ".join([what, *rest]))


def _zone(name: str, offset: str) -> tzinfo:
    """Return the host's zone; where this machine does not know it, its present distance from UTC."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return datetime.strptime(offset, "%z").tzinfo or timezone(timedelta())
