"""A folder with a podium home of its own, in which a test writes pipeline files and runs the command line on them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path

PATIENCE = 100.0
"""Seconds to wait for what a busy machine does late; nothing takes as long on a quiet one."""
HEADER = '''
import ctypes, dataclasses, enum, logging, os, signal, subprocess, sys, threading, time
from pathlib import Path
from podium import ResourceSettings, StepRetryConfig, get_step_context, pipeline, step

HERE = Path({folder!r})
LIGHT = {{"resources": ResourceSettings(cpu_count={light})}}

def note(name, text=""):
    """Append a line to a file that the test reads; return how many it has."""
    with (HERE / name).open("a") as file:
        file.write(f"{{text}}\\n")
    return len((HERE / name).read_text().splitlines())

def process(pid=None):
    """Tell a process from all others, for `pid_here`: the pid alone is its container's, and would be used again."""
    return f"{{pid or os.getpid()}} {{os.readlink('/proc/self/ns/pid')}} {{time.clock_gettime(time.CLOCK_BOOTTIME)}}"

def wait_for(name):
    deadline = time.monotonic() + {patience}
    while not (HERE / name).exists():
        assert time.monotonic() < deadline, name
        time.sleep(0.005)

'''


def eventually(found: Callable[[], object], patience: float = PATIENCE) -> object:
    """Return the first true value that `found` gives; fail when it gives none for long."""
    deadline = time.monotonic() + patience
    while True:
        asked = time.monotonic()
        if value := found():
            return value
        answered = time.monotonic()
        assert answered < deadline, "it did not happen"
        time.sleep(max(0.02, answered - asked))  # what is waited for needs the processors, too


def pid_here(noted: str) -> int | None:
    """Return the process that a step noted by `process`, maybe in a container; None when it has ended."""
    pid, pids, seen = noted.split()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            own = next(line for line in (entry / "status").read_text().splitlines() if line.startswith("NSpid:"))
            if own.split()[-1] == pid and str((entry / "ns/pid").readlink()) == pids and is_alive(int(entry.name)):
                started = (entry / "stat").read_text().rpartition(") ")[2].split()[19]
                if int(started) / os.sysconf("SC_CLK_TCK") <= float(seen):
                    return int(entry.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return None


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Workspace:
    """`light` is the least share of a processor for steps that do little; `jobs` returns what else runs for it.

    `ending` is how many seconds a run may take to end that was cancelled, `lag` how many more for its traces to go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.light = 0.01
        self.ending, self.lag = 5.0, 0.0
        self.jobs: Callable[[], Collection[object]] = tuple
        self.home = folder / "podium home"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PODIUM_", "CUDA_"))}
        self.environment = {**kept, "PODIUM_HOME": str(self.home)}

    def write(self, source: str, name: str = "flow.py") -> Path:
        """Write a pipeline file that begins with the header above."""
        path = self.folder / name
        path.write_text(HEADER.format(folder=str(self.folder), patience=PATIENCE, light=self.light) + source)
        return path

    def start(self, *arguments: object, **options) -> subprocess.Popen[str]:
        """Start a command as a shell does: in a process group of its own, stdin closed."""
        return subprocess.Popen(
            [sys.executable, "-m", "podium", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def podium(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, *arguments: object, code: int = 0) -> tuple[dict, str]:
        """Run a pipeline file; return the record of its run and what was said on stderr."""
        result = self.podium("run", *arguments, "--output", "json")
        assert result.returncode == code, result.stderr
        return json.loads(result.stdout), result.stderr

    def show(self, run: str = "") -> dict:
        """Return the record of a run, the newest by default."""
        result = self.podium("runs", "show", *([run] if run else []), "--output", "json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def log(self, step: str) -> str:
        """Return what a step of the newest run printed."""
        result = self.podium("runs", "logs", step)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def notes(self, name: str) -> list[str]:
        """Return the lines that steps noted in a file."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def processes(self) -> set[object]:
        """Return every live process that was started with this home, however far down, and every job."""
        return {*self._own_processes(), *self.jobs()}

    def _own_processes(self) -> set[int]:
        mark = f"PODIUM_HOME={self.home}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    marked = mark in (entry / "environ").read_bytes().split(b"\0")
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue
                if marked and is_alive(int(entry.name)):
                    found.add(int(entry.name))
        return found

    def end_all(self) -> None:
        """Kill what a failed test left."""
        for pid in self._own_processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def states(run: dict) -> dict[str, str]:
    """Return the state of each step of a run's record."""
    return {step["id"]: step["state"] for step in run["steps"]}


def step_of(run: dict, name: str) -> dict:
    """Return one step of a run's record."""
    return next(step for step in run["steps"] if step["id"] == name)
