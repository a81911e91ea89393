"""Eight steps that keep a core busy."""

from burning import burn

from podium import pipeline, step


@step
def burn_once(seed: int) -> int:
    return burn(seed)


@pipeline
def burns() -> None:
    for seed in range(8):
        burn_once(seed)
