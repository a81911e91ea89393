"""Bare interpreters, one after the other."""

import subprocess
import sys

for _ in range(int(sys.argv[1])):
    subprocess.run([sys.executable, "-c", "pass"], check=True)
