"""A chain of trivial steps."""

from podium import pipeline, step


@step
def increment(number: int) -> int:
    print(number)
    return number + 1


@pipeline
def chain(steps: int) -> None:
    number = 0
    for _ in range(steps):
        number = increment(number)
