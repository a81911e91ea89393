"""Steps in containers: a chain of those that do next to nothing, or four side by side that sleep."""

import time

from podium import pipeline, step


@step
def increment(number: int) -> int:
    return number + 1


@step
def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@pipeline(enable_cache=False)
def containers(steps: int = 1, seconds: float = 0) -> None:
    if seconds:
        for _ in range(steps):
            sleep(seconds)
        return
    number = 0
    for _ in range(steps):
        number = increment(number)
