"""Bytes, as they are."""

from __future__ import annotations

from ..contracts.materializer import BytesMaterializer, Unsuited


class BinaryMaterializer(BytesMaterializer):
    """`bytes`: a file of just these."""

    types = (bytes,)
    suffix = ".bin"

    def encode(self, value: object) -> bytes:
        """Return the value itself; raise Unsuited for a subclass."""
        if type(value) is not bytes:
            raise Unsuited("a subclass of bytes has more to it than bytes")
        return value

    def decode(self, data: bytes, expected: type | None) -> object:  # noqa: ARG002 - there is one type
        """Return the bytes."""
        return data
