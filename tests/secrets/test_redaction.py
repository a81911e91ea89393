import ast
import base64
import json
from math import ceil
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.core.secrets import redaction
from podium.core.secrets.redaction import redacted, remember
from podium.core.secrets.secret import MASK

SECRETS = st.text("abcXYZ019 +/=\"'\\<&%~-_.\té€😀", min_size=8, max_size=40)
AROUND = st.text("uvw ;:\n☃", max_size=9)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Have each test begin with no secret remembered."""
    monkeypatch.setattr(redaction, "_forms", set())


def masked(secret, text):
    redaction._forms.clear()
    remember(secret)
    return redacted(text)


@given(SECRETS, AROUND, AROUND)
def test_plain(secret, before, after):
    assert MASK in masked(secret, before + secret + after)
    assert secret not in masked(secret, before + secret + after)


@given(SECRETS, AROUND, AROUND, st.sampled_from([b"+/", b"-_"]))
def test_base64_at_any_offset(secret, before, after, alphabet):
    sizes = [len(text.encode()) for text in (before, secret, after)]
    shown = masked(secret, base64.b64encode((before + secret + after).encode(), alphabet).decode())
    head, mask, tail = shown.rstrip("=").partition(MASK)
    assert mask
    assert len(head) <= ceil(sizes[0] * 8 / 6), "one character has bits of what stands before it, too"
    behind = ceil(sum(sizes) * 8 / 6) - sum(sizes[:2]) * 8 // 6
    assert len(tail) <= behind + 2, "one that repeats itself may be found a character early"


@given(SECRETS, AROUND, AROUND, st.sampled_from([quote, quote_plus, lambda text: quote(text, safe="")]))
def test_url_encoded(secret, before, after, encode):
    shown = masked(secret, encode(before + secret + after))
    assert MASK in shown
    assert encode(secret) not in shown


@given(SECRETS, AROUND, AROUND, st.booleans())
def test_escaped_as_json(secret, before, after, ascii_only):
    shown = masked(secret, json.dumps({"error": before + secret + after}, ensure_ascii=ascii_only))
    assert json.loads(shown)["error"] == before + MASK + after


@given(SECRETS, AROUND, AROUND, st.sampled_from(["", "'", '"', "'\""]))
def test_escaped_as_python(secret, before, after, quotes):
    shown = masked(secret, f"{before + quotes + secret + after!r}")
    assert ast.literal_eval(shown) == before + quotes + MASK + after


def test_each_line_of_a_secret_of_several():
    shown = masked("-----BEGIN KEY-----\nfirst+line\nsecond/line\n", "it says: first+line, then second%2Fline")
    assert shown == f"it says: {MASK}, then {MASK}"


@given(SECRETS, SECRETS)
def test_the_longest_that_fits_is_taken_out_whole(secret, more):
    remember(secret)
    assert masked(secret + more, f"<{secret + more}>") == f"<{MASK}>"


@given(st.text(max_size=30))
def test_other_texts_stay_as_they_are(text):
    redaction._forms.clear()
    remember("not-in-there-0815")
    assert redacted(text) == text


@pytest.mark.parametrize("short", ["", "a", "abc", "\n\n", "a\nb"])
def test_a_short_text_would_blacken_ordinary_words(short):
    assert masked(short, "a\n\nb abc") == "a\n\nb abc"


def test_bytes_that_are_no_text_can_be_remembered():
    assert masked("caf\udce9-token", "caf\udce9-token") == MASK
