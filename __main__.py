"""The `podium` command: what needs no parsing is answered before anything is imported."""

import os
import sys


def main() -> int:
    """Run the command line and return its exit code."""
    _open_closed_streams()
    args = sys.argv[1:]
    if args in (["--version"], ["version"]):
        from . import __version__

        print(f"podium {__version__}")
        return 0
    if args in ([], ["--help"], ["-h"]):
        from .cli.help_text import HELP

        print(HELP, end="")
        return 0
    if args[0] == "__complete":
        from .cli.completion.words import main as complete

        return complete(args[1:])
    import gc
    import signal

    gc.disable()  # see core/garbage.py
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while imports go on: end, without a traceback of them
    from .cli.main import run

    return run(args)


def _open_closed_streams() -> None:
    """Let a standard stream that the caller closed be the null device, before another file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(null, True)
            setattr(sys, name, os.fdopen(null, mode, encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
