"""Names with holes in them: `{date}`, `{time}` and what the user substitutes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from ..errors import UsageError
from ..names import did_you_mean

_FIELD = re.compile(r"\{([^{}!:]*)[}!:]")  # not by `string.Formatter`, whose import takes longer than all else here


def expand(template: str, substitutions: Mapping[str, str], when: float) -> str:
    """Fill a template: `{date}` as 2024_01_31, `{time}` as 23_59_59_123456, in UTC, unless the user substitutes these.

    `when` is in seconds since the epoch. Raises UsageError for any other `{name}` that has no substitution.
    """
    seconds, microseconds = divmod(int(when * 1e6), 1_000_000)
    moment = time.gmtime(seconds)
    known = {
        "date": time.strftime("%Y_%m_%d", moment),
        "time": f"{time.strftime('%H_%M_%S', moment)}_{microseconds:06}",
        **substitutions,
    }
    for name in _FIELD.findall(template.replace("{{", "")):
        if name not in known:
            hint = did_you_mean(name, known) or f"set it: substitutions={{{name!r}: …}}"
            raise UsageError(f"name {template!r} holds {{{name}}}, which nothing substitutes", hint=hint)
    try:
        return template.format_map(known)
    except ValueError as error:
        raise UsageError(f"name {template!r} has braces that do not match: {error}") from None
