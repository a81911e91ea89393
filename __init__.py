"""podium: write steps and a pipeline once, run them on any orchestrator, without a server.

Every public name is resolved on first use, so importing podium costs next to nothing.
"""

__version__ = "0.1.0"
