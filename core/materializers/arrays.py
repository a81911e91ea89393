"""numpy arrays and scalars, in numpy's own format, never pickled."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ..artifacts.digest import DigestWriter
from ..contracts.materializer import BytesMaterializer, Materializer, Unsuited

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEADER = 1 << 20  # bytes; numpy's own limit is ten thousand, which thousands of named columns exceed
_MAPPED = 1 << 16  # bytes; below, reading is cheaper than mapping


class ArrayMaterializer(Materializer):
    """`numpy.ndarray` as `.npy`: written from its own memory, loaded by a copy-on-write memory map.

    So a step may change its input in place: no other step and no later load sees that.
    """

    types = ("numpy:ndarray",)
    suffix = ".npy"

    def save(self, value: object, path: Path) -> tuple[str, int]:
        """Write the array; raise Unsuited for one of objects, and for subclasses that hold more than numbers."""
        import numpy as np

        if type(value) not in {np.ndarray, np.memmap}:
            raise Unsuited(f"the array is a {type(value).__name__}")
        array = cast("NDArray[np.generic]", value)
        if array.dtype.hasobject:
            raise Unsuited("an array of Python objects has no form but a pickle")
        with DigestWriter(path, array.nbytes) as file:
            _write(array, file)
        return file.written

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - the file says what it is
        """Map the file, or read it when it is small."""
        import numpy as np

        mode: Literal["c"] | None = "c" if path.stat().st_size > _MAPPED else None
        return np.load(path, mmap_mode=mode, allow_pickle=False, max_header_size=_HEADER).view(np.ndarray)


class NumberMaterializer(BytesMaterializer):
    """numpy scalars such as `numpy.float64`, as the name of their data type and their bytes in hex."""

    types = ("numpy:generic",)
    suffix = ".txt"

    def encode(self, value: object) -> bytes:
        """Return the text; raise Unsuited for a structured scalar."""
        number = cast("np.generic", value)
        text = f"{number.dtype.str} {number.tobytes().hex()}".encode()
        if number.dtype.hasobject or cast("np.generic", self.decode(text, None)).dtype != number.dtype:
            raise Unsuited(f"its data type {number.dtype} has no short name")
        return text

    def decode(self, data: bytes, expected: type | None) -> object:  # noqa: ARG002 - the text says what it is
        """Return the scalar."""
        import numpy as np

        name, _, content = data.decode().partition(" ")
        return np.ndarray((), np.dtype(name), bytes.fromhex(content))[()]


def _write(array: NDArray[np.generic], file: io.BufferedIOBase) -> None:
    """Write the header, then the array's memory as it lies there; numpy's own writer would copy it in pieces."""
    from numpy.lib import format as npy

    if array.nbytes and (array.flags.c_contiguous or array.flags.f_contiguous):
        try:
            npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
        except ValueError:  # a header past 64 KiB or with names outside Latin-1: nothing was written
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of formats that only very old versions of numpy cannot read
                npy.write_array(file, array, allow_pickle=False)
        else:
            file.write(array.reshape(-1, order="A").view("u1").data)
    else:
        npy.write_array(file, array, allow_pickle=False)
