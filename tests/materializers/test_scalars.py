from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from conformance.materializer import MaterializerConformance
from hypothesis import given
from hypothesis import strategies as st

from podium.core.contracts.materializer import Unsuited
from podium.core.materializers.scalars import ScalarMaterializer

UTC = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
BERLIN = ZoneInfo("Europe/Berlin")


class TestScalars(MaterializerConformance):
    materializer = "ScalarMaterializer"

    def same(self, value, loaded):
        return type(value) is type(loaded) and repr(value) == repr(loaded)

    @staticmethod
    def values():
        return [
            *(UTC, UTC.replace(tzinfo=None), UTC.replace(microsecond=6, tzinfo=None), UTC.replace(year=1)),
            *(datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1)),
            datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=-3, seconds=7))),
            *(date(2024, 2, 29), time(1, 2), time(1, 2, 3, 4, tzinfo=timezone.utc), time(1, tzinfo=BERLIN)),
            *(timedelta(0), timedelta(-1, 1, 1), timedelta.max),
            *(UUID(int=7), Decimal("1.10"), Decimal("NaN"), Decimal("-0"), Fraction(1, 3)),
            *(1 + 2j, complex("nan+infj"), complex(-0.0, -0.0)),
        ]


@given(st.datetimes(timezones=st.none() | st.timezones()) | st.timedeltas() | st.decimals() | st.complex_numbers())
def test_any_scalar_comes_back_exactly(value):
    materializer = ScalarMaterializer()
    assert repr(materializer.decode(materializer.encode(value), None)) == repr(value)


class Zone(tzinfo):
    def utcoffset(self, _):
        return timedelta(hours=1)


@pytest.mark.parametrize(
    "value",
    [
        type("Day", (date,), {})(2024, 1, 1),
        datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1), "named")),
        datetime(2024, 1, 1, tzinfo=Zone()),
    ],
)
def test_what_the_text_cannot_hold_is_left_to_the_next_materializer(value):
    with pytest.raises(Unsuited):
        ScalarMaterializer().encode(value)
