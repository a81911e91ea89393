"""Files of other programs, such as kubectl and docker, in which podium changes a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .errors import ConflictError, PodiumError
from .files import make_private_folder, replace_file

PATIENCE = 10.0
"""Seconds to wait for whoever holds the lock."""


def change_file(path: Path, edit: Callable[[str], str]) -> None:
    """Replace a file whole, with mode 0600, by what `edit` makes of its text ("" when there is none).

    A link stays a link. Holds `<path>.lock`, as kubectl does; raises ConflictError when another holds it for long.
    """
    from filelock import SoftFileLock, Timeout

    target = path.resolve()
    lock = Path(f"{target}.lock")
    try:
        make_private_folder(target.parent)
        with SoftFileLock(lock, timeout=PATIENCE, mode=0o600):
            text = target.read_text(encoding="utf-8") if target.exists() else ""
            replace_file(target, edit(text).encode())
    except Timeout:
        raise ConflictError(
            f"another program is changing {target}", hint=f"wait for it; if there is none, remove {lock}"
        ) from None
    except UnicodeDecodeError:
        raise PodiumError(f"{target} is not text in UTF-8", hint="mend or remove the file") from None
    except OSError as error:
        raise PodiumError(f"{target} cannot be changed: {error.strerror}") from None
