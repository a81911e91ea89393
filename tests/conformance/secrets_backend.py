"""What every writable secrets back end promises; its test class inherits the suite and gives `vault` and `again`."""

import pytest

VALUES = {
    "token": "s3cr3t",
    "empty": "",
    "lines": "-----BEGIN-----\nabc\n-----END-----\n",
    "odd": '"\\{{a.b}}\t€😀\r\n',
}
NAMES = ["a", "A", "service-connector.sky", "a.b.c_d-e", "9" * 100, "x" * 120]


class SecretsBackendConformance:
    def test_what_was_never_written_is_not_there(self, vault):
        assert vault.names() == []
        assert vault.read("a") is None
        assert vault.read_key("a", "b") is None
        vault.delete("a")

    def test_another_process_reads_what_was_written(self, vault, again):
        vault.write("a", VALUES)
        assert again().read("a") == VALUES
        assert again().read_key("a", "token") == "s3cr3t"
        assert again().read_key("a", "other") is None

    @pytest.mark.parametrize("name", NAMES)
    def test_names_are_kept_as_they_are(self, vault, name):
        vault.write(name, {"key": name})
        assert vault.names() == [name]
        assert vault.read(name) == {"key": name}

    def test_names_are_sorted(self, vault):
        for name in reversed(NAMES):
            vault.write(name, {"key": name})
        assert vault.names() == sorted(NAMES)

    def test_a_secret_is_replaced_whole(self, vault):
        vault.write("a", {"one": "1", "two": "2"})
        vault.write("a", {"three": "3"})
        assert vault.read("a") == {"three": "3"}

    def test_a_long_secret_is_kept(self, vault):
        vault.write("a", {"key": "x" * 20_000})
        assert vault.read("a") == {"key": "x" * 20_000}

    def test_what_is_deleted_is_gone_and_the_rest_stays(self, vault, again):
        vault.write("a", {"key": "1"})
        vault.write("b", {"key": "2"})
        vault.delete("a")
        assert again().names() == ["b"]
        assert again().read("a") is None
        assert again().read("b") == {"key": "2"}
