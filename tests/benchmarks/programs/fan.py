"""One step, then 64 that sleep and take next to no CPU, then one."""

import time

from podium import ResourceSettings, pipeline, step


@step
def start() -> float:
    return 0.05


@step(settings={"resources": ResourceSettings(cpu_count=0.01)})
def wait(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@step
def total(waits: list[float]) -> float:
    return sum(waits)


@pipeline(settings={"orchestrator.local": {"max_parallel_steps": 64}})
def fan() -> None:
    seconds = start()
    total([wait(seconds) for _ in range(64)])
