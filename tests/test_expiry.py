from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.core.errors import UsageError
from podium.core.expiry import expires_in, in_utc, is_past, read_time

ZONES = st.timezones() | st.just(timezone.utc) | st.none()


@given(st.datetimes(datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30"), timezones=ZONES))
def test_a_stored_time_is_the_instant_that_was_given(time):
    instant = time.replace(tzinfo=time.tzinfo or timezone.utc)
    stored = in_utc(read_time(time.isoformat()))
    assert timedelta(0) <= instant - read_time(stored) < timedelta(seconds=1)
    assert in_utc(read_time(stored)) == stored


@given(st.text())
def test_a_text_is_a_time_or_a_usage_error(text):
    try:
        time = read_time(text)
    except UsageError:
        return
    assert time.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "2030-13-01", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_what_is_no_time_is_said(text):
    with pytest.raises(UsageError, match="is no ISO 8601 time"):
        read_time(text)


def test_z_is_utc():
    assert read_time("2030-01-31T12:00:00Z") == datetime(2030, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (90_000 * 2, "in 2 d"),
        (3 * 3600 + 60, "in 3 h"),
        (150, "in 2 min"),
        (-5, "expired 5 s ago"),
        (-59.5 * 60, "expired 59 min ago"),
        (-2 * 86400 - 60, "expired 2 d ago"),
    ],
)
def test_how_far_off_an_expiry_is(seconds, words):
    time = (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()
    assert expires_in(time) == words
    assert is_past(time) == (seconds < 0)
