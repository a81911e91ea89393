"""Which requests to end a run its running jobs take for theirs."""

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.records.cancel import is_cancelled
from podium.core.records.documents import RunKeys

KEYS = RunKeys("run")
FIRST, SECOND = f"{KEYS.submissions}/1.json", f"{KEYS.submissions}/2.json"
FIRST_ENDED, SECOND_ENDED = f"{KEYS.submissions}/1.end.json", f"{KEYS.submissions}/2.end.json"


@pytest.mark.parametrize(
    ("documents", "cancelled"),
    [
        ([], False),
        ([FIRST], False),
        ([FIRST, FIRST_ENDED], False),
        ([FIRST, KEYS.cancel(1)], True),
        ([FIRST, KEYS.cancel(1), SECOND], False),
        ([FIRST, KEYS.cancel(1), FIRST_ENDED, SECOND], False),
        ([FIRST, KEYS.cancel(1), SECOND, KEYS.cancel(2)], True),
        ([FIRST, KEYS.cancel(1), SECOND, SECOND_ENDED], True),
        ([KEYS.cancel(1)], True),
    ],
    ids=[
        "nothing yet",
        "not asked",
        "ended by itself",
        "asked",
        "asked of an earlier submission",
        "asked of an earlier submission, which ended",
        "asked of both",
        "ended by who asked, as nobody drove it",
        "asked before a driver began",
    ],
)
def test_a_run_is_cancelled_by_a_request_to_its_latest_submission(tmp_path, documents, cancelled):
    store = LocalFiles(tmp_path)
    for key in documents:
        store.write(key, b"{}")
    assert is_cancelled(store, "run") == cancelled
