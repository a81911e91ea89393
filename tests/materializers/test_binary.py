from conformance.materializer import MaterializerConformance


class TestBinary(MaterializerConformance):
    materializer = "BinaryMaterializer"

    @staticmethod
    def values():
        return [b"", b"text", b"\0\xff", b"a" * 5000, bytes(range(256)) * 100]
