"""Schedules on hosts with Docker Compose: cron there fires them, without podium or a connection.

Each is a folder `<workdir>/schedules/<id>` and a block in the user's crontab (crontab.py). Whenever it fires, fire.sh
makes the folder of a run of it, whose supervisor does the rest.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from ..contracts.schedules import PlatformSchedules, SchedulingOrchestrator
from ..errors import PodiumError
from . import host_schedules
from .crontab import render_block
from .host_schedules import FOLDER, HostSchedules
from .orchestrator import ComposeOrchestrator, HostConfigT

if TYPE_CHECKING:
    from ..contracts.container_registry import ContainerRegistry, ContainerRegistryConfig
    from ..contracts.graph_orchestrator import Graph
    from ..contracts.schedules import ScheduleState
    from ..sdk.schedule import Schedule
    from ..spec import PipelineSpec
    from .host import ComposeHost

_KIB = 1024


class CronOrchestrator(ComposeOrchestrator[HostConfigT], SchedulingOrchestrator[HostConfigT]):
    """Runs pipelines on hosts with Docker Compose, at once and by their cron."""

    def refuse_schedule(self, schedule: Schedule) -> dict[str, str]:
        """Refuse intervals, catching up, and what is over."""
        faults = {}
        if schedule.interval_second is not None:
            faults["interval_second"] = f"cron has no intervals: write {_as_cron(schedule.interval_second)}"
        if schedule.catchup:
            faults["catchup"] = "cron leaves out what was due while the host was down: leave it False"
        for name in ("start_time", "end_time"):
            if schedule.run_once_start_time and getattr(schedule, name):
                faults[name] = "run_once_start_time says it all: leave it out"
        for name in ("end_time", "run_once_start_time"):
            moment = getattr(schedule, name)
            if moment and moment.timestamp() <= time.time():
                faults[name] = f"{moment.isoformat(timespec='minutes')} has passed: give one to come"
        return faults

    def render_schedule(self, graph: Graph, schedule: Schedule, schedule_id: str, name: str) -> dict[str, str]:
        """Return the files of the schedule's runs, and the block as `crontab`; the user's home is only known there."""
        from .bundle import documents

        workdir = self.config.remote_workdir.removeprefix("~/")
        folder = f"{'' if workdir.startswith('/') else '@home@/'}{workdir}/{FOLDER}/@id@"
        once = schedule.run_once_start_time
        block = render_block("@id@", name, "@when@", folder)
        for token, text in {
            "@when@": f"<minute of {once.isoformat()} there>" if once else schedule.cron_expression or "",
            "@home@": "<home>",
            "@id@": schedule_id,
        }.items():
            block = block.replace(token, text)
        files = documents(graph, self.job_options, self.run_conf(graph, None))
        return {**files, "crontab": f"{block}\n"}

    def place_schedule(self, spec: PipelineSpec, schedule_id: str) -> str:
        """Choose a host as for a run, and see that its crontab can be edited."""
        from .placing import choose

        host = choose(self.hosts, self.config, spec.steps, self._gpu_indices)
        self._schedules(host).states()
        return host.handle(f"{host.facts.workdir}/{FOLDER}/{schedule_id}")

    def schedule(
        self,
        graph: Graph,
        schedule: Schedule,
        handle: str,
        name: str,
        registry: ContainerRegistry[ContainerRegistryConfig] | None,
    ) -> None:
        """Bring folder and images to the host, then install the block; of a failure nothing is left."""
        from .placing import fitted

        host, folder = self.located(handle)
        schedules = self._schedules(host)
        files = self._files(fitted(graph, host.facts, self._gpu_indices), schedule, host, folder, name)
        try:
            host.upload(folder, files)
            self.log_in(host, f"{folder}/run", registry)
            schedules.pull(folder)
            schedules.install(folder, name, schedule)
        except BaseException:
            with suppress(PodiumError):  # the first fault counts
                schedules.remove(folder)
            raise

    def schedules(self) -> PlatformSchedules:
        """Ask all hosts at once."""
        states: list[ScheduleState] = []
        away: list[PodiumError] = []
        with ThreadPoolExecutor(len(self.hosts)) as pool:
            for asked in [pool.submit(self._schedules(host).states) for host in self.hosts]:
                try:
                    states += asked.result()
                except PodiumError as error:
                    away.append(error)
        if len(away) == len(self.hosts):
            raise away[0]
        return PlatformSchedules(states, away)

    def pause(self, handle: str, *, paused: bool) -> None:
        """Comment its line out, or in again."""
        host, folder = self.located(handle)
        self._schedules(host).pause(folder, paused=paused)

    def reschedule(self, handle: str, schedule: Schedule) -> None:
        """Change its line, and the times that fire.sh keeps to."""
        host, folder = self.located(handle)
        self._schedules(host).reschedule(folder, schedule)

    def unschedule(self, handle: str) -> None:
        """Remove its block, then its folder."""
        host, folder = self.located(handle)
        self._schedules(host).remove(folder)

    def _schedules(self, host: ComposeHost) -> HostSchedules:
        return HostSchedules(host, self.config.remote_workdir)

    def _files(self, graph: Graph, schedule: Schedule, host: ComposeHost, folder: str, name: str) -> bytes:
        from .bundle import RUN_FOLDERS, archive, run_files

        root, _, schedule_id = folder.rpartition("/")
        runs = f"{root.removesuffix(FOLDER)}runs"
        facts = {
            "ID": schedule_id,
            "NAME": name,
            "RUNS": runs,
            "HANDLES": host.handle(runs),
            "FREE": str(int(self.config.minimum_free_disk_gb * 1e9 / _KIB)),
            "OVERLAPPING": "yes" if self.config.overlapping_runs else "",
        }
        files = run_files(graph, self.job_options, self.run_conf(graph, None))
        return archive(
            {
                **{f"run/{file}": data for file, data in files.items()},
                **{file: host_schedules.script(file) for file in (host_schedules.FIRE, host_schedules.CRONTAB)},
                host_schedules.SCHEDULE_CONF: host_schedules.conf(facts),
                host_schedules.TIMES_CONF: host_schedules.conf(host_schedules.times(schedule)),
            },
            folders=("run", *(f"run/{folder}" for folder in RUN_FOLDERS)),
        )


def _as_cron(interval: timedelta) -> str:
    """Return the expression that comes as often, where one does."""
    minutes, odd = divmod(interval, timedelta(minutes=1))
    if not odd and minutes < 60 and 60 % minutes == 0:
        return f"cron_expression='*/{minutes} * * * *'"
    if not odd and minutes % 60 == 0 and minutes < 24 * 60 and 24 % (minutes // 60) == 0:
        return f"cron_expression='0 */{minutes // 60} * * *'"
    return "a cron_expression, such as '0 3 * * *' for every day at three"
