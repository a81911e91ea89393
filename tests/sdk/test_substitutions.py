import pytest

from podium import UsageError
from podium.core.sdk.substitutions import expand

WHEN = 1_704_164_645.25


def test_date_and_time_are_utc_and_the_user_has_the_last_word():
    assert expand("{team}-{date}-{time}", {"team": "a"}, WHEN) == "a-2024_01_02-03_04_05_250000"
    assert expand("{date}", {"date": "today"}, WHEN) == "today"
    assert expand("{{literal}}", {}, WHEN) == "{literal}"


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("{dat}", "did you mean 'date'"),
        ("{team}", "substitutions"),
        ("{date.__class__}", "nothing substitutes"),
        ("{date[0]}", "nothing substitutes"),
        ("{}", "nothing substitutes"),
        ("{", "do not match"),
        ("{date:d}", "do not match"),
    ],
)
def test_what_nothing_substitutes_is_refused(template, hint):
    with pytest.raises(UsageError) as caught:
        expand(template, {}, WHEN)
    assert hint in str(caught.value)
