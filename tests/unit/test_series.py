"""Positions taken in columns are recorded as each of them alone is."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from coverage_check.checker.series import recorded_degrees
from coverage_check.spread import kinds_of_error

half_ways = st.builds(
    lambda number, ulps: float(np.float64((number + 0.5) / 1e7) + ulps * np.spacing((number + 0.5) / 1e7)),
    st.integers(-1_800_000_000, 1_799_999_999),
    st.integers(-2, 2),
)


@given(st.lists(st.floats(-180, 180) | half_ways, min_size=1, max_size=50))
@example([0.0, -0.0, -1e-9, 5e-8, 1.5e-7, 2.5e-7, -2.5e-7, 180.0, -180.0, 5e-324])
def test_degrees_are_recorded_as_python_rounds_them(degrees: list[float]) -> None:
    recorded = recorded_degrees(np.array(degrees)).tolist()
    assert list(map(repr, recorded)) == [repr(round(number, 7)) for number in degrees]


@given(st.lists(st.tuples(st.sampled_from((0.0, 5.0, 7.5)), st.sampled_from((15.0, 60.0))), max_size=20))
def test_each_location_has_the_error_of_its_kind(errors_m: list[tuple[float, float]]) -> None:
    kinds, of = kinds_of_error(np.array(errors_m).reshape(-1, 2))
    assert [kinds[kind] for kind in of.tolist()] == errors_m
    assert len(set(kinds)) == len(kinds)
