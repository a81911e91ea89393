"""Eight calls that keep a core busy, on a pool of as many processes as there are cores."""

import os
from concurrent.futures import ProcessPoolExecutor

from burning import burn

if __name__ == "__main__":
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(burn, range(8)))
