"""A Docker image like `python:X.Y-slim`, made in seconds of the interpreter that runs the tests: no hub is asked.

It has that interpreter with its standard library and pip, the shared libraries that wheels expect of a Debian, the
small programs of busybox, and this machine's certificates. It has no apt.
"""

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
NAME = f"python:{VERSION}-slim"
_PYTHON = f"python{VERSION}"
_BUSYBOX = "/bin/busybox"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_LIBRARIES = re.compile(r"lib(c|m|dl|rt|pthread|util|resolv|gcc_s|stdc\+\+|z|nss_files|nss_dns)\.so\.\d+")
_FOLDERS = ("root", "run", "proc", "usr/local/bin")
_LEFT_OUT = {"test", "tests", "idlelib", "turtledemo", "tkinter", "site-packages", "dist-packages", "__pycache__"}
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "usr/bin/pip": '#!/bin/sh\nexec python3 -m pip "$@"\n',
}


def rootfs() -> bytes:
    """Return the image's file system as a tar archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder, mode in (("tmp", 0o1777), ("var/tmp", 0o1777), *((name, 0o755) for name in _FOLDERS)):
            tar.addfile(_entry(folder, tarfile.DIRTYPE, mode))
        for name, text in _FILES.items():
            _add_text(tar, name, text)
        for name, target in _links():
            link = _entry(name, tarfile.SYMTYPE, 0o777)
            link.linkname = target
            tar.addfile(link)
        for name, source in dict([*_python(), *_shared_libraries(), *_rest()]).items():
            found = source.stat()
            file = _entry(name, tarfile.REGTYPE, 0o755 if found.st_mode & 0o100 else 0o644)
            file.size = found.st_size
            with source.open("rb") as content:
                tar.addfile(file, content)
    return archive.getvalue()


def changes() -> list[str]:
    """Return the instructions of a Dockerfile that go with the file system."""
    own = " ".join(f"{name}={_CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"))
    own += " UV_CONCURRENT_DOWNLOADS=4 UV_HTTP_RETRIES=10 PIP_RETRIES=10"  # for networks that drop connections
    return [
        f"ENV PATH=/usr/local/bin:/usr/bin:/bin LD_LIBRARY_PATH=/{_prefix()}/lib LANG=C.UTF-8 {own}",
        'CMD ["python3"]',
    ]


def _prefix() -> str:
    """Debian's own Python knows that it lies in /usr; any other finds itself wherever it is."""
    return "usr" if sys.base_prefix == "/usr" else "usr/local"


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = _entry(name, tarfile.REGTYPE, 0o755 if text.startswith("#!") else 0o644)
    entry.size = len(text)
    tar.addfile(entry, io.BytesIO(text.encode()))


def _links() -> Iterator[tuple[str, str]]:
    for name in ("python", "python3"):
        yield f"{_prefix()}/bin/{name}", _PYTHON
    for name in subprocess.run([_BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            yield f"bin/{name}", "busybox"
    yield "usr/bin/env", "../../bin/env"


def _python() -> Iterator[tuple[str, Path]]:
    """Yield interpreter, standard library, headers, and the pip of the environment that runs the tests."""
    base = Path(sys.base_prefix)
    yield f"{_prefix()}/bin/{_PYTHON}", base / "bin" / _PYTHON
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": str(base), "base": str(base)}))
    for source in _below(library):
        below = source.relative_to(library).as_posix()
        if source.suffix != ".a" and not re.match(r"(config-|lib2to3/|EXTERNALLY-MANAGED)", below):
            yield f"{_prefix()}/lib/{_PYTHON}/{below}", source
    import pip

    site = Path(pip.__file__).parents[1]
    packages = "dist-packages" if _prefix() == "usr" else "site-packages"
    folder = f"usr/lib/python3/{packages}" if _prefix() == "usr" else f"{_prefix()}/lib/{_PYTHON}/{packages}"
    for part in [site / "pip", *site.glob("pip-*.dist-info")]:
        for source in _below(part):
            yield f"{folder}/{source.relative_to(site).as_posix()}", source


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _LEFT_OUT)
        yield from (Path(root) / name for name in sorted(names))


def _shared_libraries() -> Iterator[tuple[str, Path]]:
    """Yield what the interpreter and its modules link to, and what wheels link to."""
    base = Path(sys.base_prefix)
    modules = Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so")
    wanted = [path for path in Path("/lib").glob("*-linux-*/lib*.so.*") if _LIBRARIES.fullmatch(path.name)]
    for library in sorted(_linked([base / "bin" / _PYTHON, *modules, *wanted]) | set(map(str, wanted))):
        inside = library.startswith(str(base)) and _prefix() != "usr"
        yield (f"{_prefix()}/lib/{Path(library).name}" if inside else library[1:]), Path(library).resolve()


def _linked(objects: Iterable[str | Path]) -> set[str]:
    said = subprocess.run(["/usr/bin/ldd", *map(str, objects)], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(?:=> )?(/\S+) \(0x", said))


def _rest() -> Iterator[tuple[str, Path]]:
    yield "bin/busybox", Path(_BUSYBOX)
    yield _CERTIFICATES[1:], Path(_CERTIFICATES).resolve()
