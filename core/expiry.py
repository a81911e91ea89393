"""When credentials end: an ISO time with its zone in the store, and words for people."""

from __future__ import annotations

from datetime import datetime, timezone

from .errors import UsageError

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def read_time(text: str) -> datetime:
    """Return the instant that an ISO 8601 text names, which is in UTC where it names no zone; raise UsageError."""
    try:
        time = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
        return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no ISO 8601 time", hint="as in 2030-01-31T12:00:00+00:00") from None


def in_utc(time: datetime) -> str:
    """Return an instant as the store keeps it, to the second."""
    return time.astimezone(timezone.utc).isoformat(timespec="seconds")


def expires_in(expires_at: str) -> str:
    """Say how far off an expiry is, in its largest whole unit: `in 3 h`, `expired 2 d ago`."""
    seconds = (read_time(expires_at) - datetime.now(timezone.utc)).total_seconds()
    length = max(1, int(abs(seconds)))
    size, unit = next(entry for entry in _UNITS if length >= entry[0])
    return f"in {length // size} {unit}" if seconds > 0 else f"expired {length // size} {unit} ago"


def is_past(expires_at: str) -> bool:
    """Say whether credentials that end at this time have ended."""
    return read_time(expires_at) <= datetime.now(timezone.utc)
