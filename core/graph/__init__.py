"""Runs whose graph a platform walks: what its jobs do, what is recorded for them, and how a client follows them.

launch: spec -> GraphDocument (store), Graph (platform) -> begin? -> step, step, … -> end -> records are complete
"""
