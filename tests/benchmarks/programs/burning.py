"""Work for one core."""


def burn(seed: int) -> int:
    """Take about half a second of CPU time."""
    for _ in range(8_000_000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return seed
