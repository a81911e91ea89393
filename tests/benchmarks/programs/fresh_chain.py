"""The chain with a process for each step."""

from chain import increment

from podium import pipeline


@pipeline(settings={"orchestrator.local": {"fresh_processes": True}})
def fresh_chain(steps: int) -> None:
    number = 0
    for _ in range(steps):
        number = increment(number)
