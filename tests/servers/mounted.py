"""The podium under test in a container of the base image: its folder and what it needs, mounted."""

import sys
from pathlib import Path

import podium

ROOT = Path(podium.__file__).resolve().parent
_LIBRARIES = next(path for path in sys.path if path.endswith("site-packages"))
PYTHONPATH = f"{ROOT}/.src:{_LIBRARIES}"
VOLUMES = {str(path): {"bind": str(path), "mode": "ro"} for path in (ROOT, Path(_LIBRARIES))}
