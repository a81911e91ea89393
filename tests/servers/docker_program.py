"""Keep a Docker engine for as long as a process lives: `docker_program.py FOLDER PID`."""

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def main(folder: Path, pid: int) -> None:
    """Run dockerd until the process has ended or this one is told to, then leave nothing of it behind."""
    stopped, stop = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop, b"\0"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not any(_CGROUPS.iterdir()):
        subprocess.run(["/usr/bin/mount", "-t", "cgroup2", "cgroup2", _CGROUPS], check=True)
    had_bridge = Path("/sys/class/net/docker0").exists()
    data = folder / "data"
    (folder / "pid").unlink(missing_ok=True)  # of one that was killed: no other starts one in this folder
    command = ["dockerd", "--data-root", data, "--exec-root", folder / "exec", "--pidfile", folder / "pid"]
    command += ["--shutdown-timeout", "1", "-H", f"unix://{folder}/docker.sock"]
    with (folder / "dockerd.log").open("w") as log:
        engine = subprocess.Popen(command, stdout=log, stderr=log)
    select.select([os.pidfd_open(pid), os.pidfd_open(engine.pid), stopped], [], [])
    if engine.poll() is None:
        engine.terminate()
        engine.wait()
        for line in Path("/proc/self/mounts").read_text().splitlines():
            if line.split()[1].startswith(f"{folder}/"):
                subprocess.run(["/usr/bin/umount", "-l", line.split()[1]], check=False)
        if not had_bridge:
            subprocess.run(["/usr/sbin/ip", "link", "delete", "docker0"], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(engine.returncode)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
