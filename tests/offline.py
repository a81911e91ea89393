"""Environments of Python that install nothing but the small wheels that tests write."""

import os
import shutil
import sysconfig
import venv
import zipfile
from pathlib import Path

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
UV = Path(sysconfig.get_path("scripts")) / "uv"


def wheel(folder, name, version, *lines):
    """Write a wheel with one module; `lines` are added to its metadata."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"version = {version!r}\n")
        file.writestr(
            f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines])
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: podium\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def environment(folder, wheels, *programs):
    """Make an environment with this one's packages; return its interpreter and the variables to run it with.

    The `programs` are all that is on its PATH.
    """
    shutil.rmtree(folder, ignore_errors=True)
    venv.EnvBuilder(symlinks=True).create(folder)
    into = next(folder.glob("lib/python*/site-packages"))
    for entry in SITE_PACKAGES.iterdir():
        if entry.suffix == ".dist-info":
            shutil.copytree(entry, into / entry.name)  # uv follows no links to them
        else:
            (into / entry.name).symlink_to(entry)
    command = folder / "bin/podium"
    command.write_text(f"#!{folder / 'bin/python'}\nimport sys\nfrom podium.__main__ import main\nsys.exit(main())\n")
    command.chmod(0o755)
    path = folder / "programs"
    path.mkdir()
    for program in programs:
        (path / program.name).symlink_to(program)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUAL_"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
    links = {"PIP_FIND_LINKS": str(wheels), "UV_FIND_LINKS": str(wheels), "UV_CACHE_DIR": str(folder / "cache")}
    return folder / "bin/python", {**kept, **offline, **links, "PATH": str(path)}
