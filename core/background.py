"""Questions that may take long while their asker stays attentive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")


def in_background(call: Callable[[], _T]) -> Future[_T]:
    """Make a call in a thread of its own, which the end of this process does not wait for."""
    future: Future[_T] = Future()

    def answer() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=answer, daemon=True).start()
    return future
