"""The C library, for what the standard library has no function for."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes


@functools.lru_cache(maxsize=1)
def libc() -> ctypes.CDLL:
    """Return it; kept, because ctypes makes new classes for each look-up."""
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def last_error() -> OSError:
    """Return what the last call left in errno, as an exception."""
    import ctypes

    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
