"""Rows that are read together ask what each of them asks when it is read alone."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.errors import InvalidInput
from coverage_check.location import METRES_A_DEGREE, ErrorModel, Location
from coverage_check.order_batches import Batch
from coverage_check.order_cells import NoValue
from coverage_check.order_rows import Defaults, OrderRow, column_names, find_columns
from coverage_check.orders.deciding import Deciding, Reading

digits = st.text("0123456789", min_size=1, max_size=16)
plain = st.builds("{}{}{}{}".format, st.sampled_from(["", "+", "-"]), digits, st.sampled_from([".", ","]), digits)
odd = st.text("0123456789.,+-eE_ \t٣naif", max_size=8) | st.sampled_from(
    ["59.", ".5", "5e1", "1_0.0", " 59.8 ", "nan", "-0.0"]
)


def read_by_decimal(text: str) -> tuple[float, float] | None:
    """Give a number and half its last digit, as the standard library's decimals have them."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return float(number), float(Decimal(5).scaleb(exponent - 1)) if abs(exponent) < 1000 else 0.0


@given(lat=plain | odd, lon=plain | odd)
@example(lat="59,8125", lon="18.9")
@example(lat="-0.0", lon="179.999999999999999")
@example(lat="90.0", lon="-180,0")
@example(lat="90.1", lon="0.0")
@example(lat="59\n", lon="18.9\n")
def test_a_written_position_is_its_decimals(lat: str, lon: str) -> None:
    expected = read_by_decimal(lat), read_by_decimal(lon)
    try:
        found = Location.written(lat=lat, lon=lon)
    except InvalidInput:
        assert None in expected or not all(
            abs(axis[0]) <= most for axis, most in zip(expected, (90, 180), strict=True) if axis
        )
        return
    (lat_degrees, lat_half), (lon_degrees, lon_half) = (axis or (0.0, 0.0) for axis in expected)
    assert (repr(found.lat), repr(found.lon)) == (repr(lat_degrees), repr(lon_degrees))
    assert found.cep50_m == max(min(lat_half, lon_half) * METRES_A_DEGREE, 5.0)


HEADER = ("order_id", "address", "lat", "lon", "product", "date")
axis = st.sampled_from(["59.8125", "59,81", "18.95", "-18.5", "95.0", "200.5", "59", "x", "", " 59.8", "nan"])
number = st.sampled_from([59.8125, 18.0, 200.5, float("nan"), None, True])
words = st.sampled_from(["mbb-4g", "mbb-3g", "", " mbb-4g "])
days = st.sampled_from(["", "2025-11-01", "01/11/2025", "2025-11-02 12:00"])
row = st.tuples(
    *(st.sampled_from(["1", "", NoValue("#REF!")]), st.sampled_from(["Harg 12", ""]), axis | number, axis | number),
    *(words | st.just(NoValue("")), days | st.just(datetime(2025, 11, 1))),  # noqa: DTZ001 - as a sheet has it
)
fine = st.tuples(st.just("1"), st.just(""), axis, axis, words, days)
cells = st.one_of(fine, fine, row, row.map(lambda cells: cells[:3]), row.map(lambda cells: (*cells, "more")))


def by_number(batch: Batch) -> dict[int, object]:
    rows = dict(batch.others) | {number: row for series in batch.series for number, row in series.rows().items()}
    return {number: as_told(row) for number, row in rows.items()}


def as_told(row: OrderRow | InvalidInput) -> object:
    return (type(row), str(row)) if isinstance(row, InvalidInput) else row


@given(rows=st.lists(cells, max_size=40), often=st.integers(1, 3), default=st.sampled_from([None, "mbb-4g"]))
def test_rows_read_together_are_those_that_are_read_alone(
    rows: list[tuple[object, ...]], often: int, default: str | None
) -> None:
    rows = rows * often  # so that some are enough for a series
    places = find_columns(HEADER)
    otherwise = Defaults(product=default, on=date(2025, 12, 1))
    reading = Reading(
        width=len(HEADER), places=places, defaults=otherwise, errors=ErrorModel(), names=column_names(HEADER, places)
    )
    alone = list(map(reading, rows))
    together = reading.batch(reading.asked(rows))
    assert by_number(together) == dict(enumerate(map(as_told, alone)))
    assert by_number(Batch.of(alone)) == dict(enumerate(map(as_told, alone)))


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


@settings(max_examples=15)
@given(rows=st.lists(fine, min_size=1, max_size=6), lats=st.lists(st.integers(0, 60), min_size=32, max_size=40))
def test_rows_answered_together_are_answered_as_alone(
    checker: Checker, rows: Sequence[tuple[str, ...]], lats: list[int]
) -> None:
    """Whether they are many enough to be decided in columns or not."""
    rows = [*rows, *(("1", "", f"{59.78 + lat / 1000:.4f}", "18.95", "mbb-4g", "") for lat in lats)]
    reading = Reading(width=len(HEADER), places=find_columns(HEADER), defaults=Defaults(product="mbb-3g"))
    together = Deciding(checker, reading, decisions=False)(rows)
    assert together == [Deciding(checker, reading, decisions=False)([row])[0] for row in rows]
