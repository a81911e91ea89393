"""A 512 MiB array from one step to the next."""

import numpy as np

from podium import pipeline, step


@step
def make() -> np.ndarray:
    return np.ones(2**26)


@step
def use(array: np.ndarray) -> float:
    return float(array.sum())


@pipeline
def arrays() -> None:
    use(make())
