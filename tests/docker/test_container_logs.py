"""What a container printed is read once and whole, however the engine's answers are cut and ordered."""

import io
import time

from hypothesis import given
from hypothesis import strategies as st

from podium.core.docker.container_logs import after, since

BEGIN = 1_795_000_000


def stamp(milliseconds: int) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(BEGIN + milliseconds // 1000))
    return f"{seconds}.{milliseconds % 1000:03d}000000Z"


def answer(pieces: list[tuple[int, bytes]], asked: str) -> io.BytesIO:
    """Answer as the engine does: every piece from a time on, in the order in which it was stored."""
    payloads = [f"{stamp(at)} ".encode() + text for at, text in pieces if at >= (float(asked) - BEGIN) * 1000 - 0.001]
    return io.BytesIO(b"".join(b"\1\0\0\0" + len(payload).to_bytes(4, "big") + payload for payload in payloads))


def read(looks: list[list[tuple[int, bytes]]]) -> bytes:
    """Return what is read by one look at each of these states of a log."""
    cursor, found = "", b""
    for pieces in looks:
        data, cursor = after(cursor, answer(pieces, since(cursor)))
        found += data
    return found


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 900)), max_size=40),
    st.lists(st.integers(0, 40), max_size=10),
)
def test_each_piece_is_read_once_in_the_order_in_which_it_was_stored(gaps, cuts):
    pieces, now = [], 0
    for number, (gap, late) in enumerate(gaps):  # one of the other stream may be stored after it was due
        now += gap
        pieces.append((max(0, now - late), f"{number}\n".encode()))
    looks = [pieces[: min(cut, len(pieces))] for cut in [*sorted(cuts), len(pieces)]]
    assert read(looks) == b"".join(text for _, text in pieces)


def test_the_parts_of_a_long_line_have_one_time():
    parts = [(5, b"a" * 16384), (5, b"b" * 16384), (5, b"c\n")]
    assert read([parts[:1], parts[:2], parts[:2], parts]) == b"a" * 16384 + b"b" * 16384 + b"c\n"


def test_one_look_returns_about_a_megabyte_and_the_next_one_goes_on():
    pieces = [(number, bytes([number % 251]) * 16384) for number in range(100)]
    first, cursor = after("", answer(pieces, since("")))
    assert 1 << 20 <= len(first) < (1 << 20) + 16384
    rest, _ = after(cursor, answer(pieces, since(cursor)))
    assert first + rest == b"".join(text for _, text in pieces)


def test_nothing_new_leaves_the_cursor_as_it_is():
    pieces = [(1, b"a\n")]
    _, cursor = after("", answer(pieces, since("")))
    assert after(cursor, answer(pieces, since(cursor))) == (b"", cursor)
    assert after("", io.BytesIO()) == (b"", "")
