"""Masks of places say what tables of yes and no say: packed, they are only counted sooner."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.availability import Bools, Places, masked, masked_alike, unmasked


@st.composite
def held(draw: st.DrawFn) -> Bools:
    rows, size = draw(st.integers(1, 5)), draw(st.sampled_from([1, 7, 8, 63, 64, 65, 128, 682 * 3, 2048]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.random((rows, size)) < rng.choice([0.0, 0.01, 0.5, 0.99, 1.0], (rows, 1))


def places_of(rows: int, size: int) -> Places:
    measured = np.arange(size // 2 % 16, size, 16)
    return Places(rows=np.arange(rows), covered={}, surveyed={}, edge_distance_m={}, measured=measured, size=size)


@given(table=held())
def test_what_is_packed_comes_out_again(table: Bools) -> None:
    assert (unmasked(masked(table), table.shape[1]) == table).all()


@given(table=held(), first=st.floats(0, 1))
def test_masks_are_counted_as_tables(table: Bools, first: float) -> None:
    places, mask = places_of(*table.shape), masked(table)
    some = max(1, int(first * table.shape[1]))
    for claimed, said in ((mask, table), (~mask, ~table)):  # what is turned has ones beyond the last place
        assert (places.share(claimed) == said.mean(axis=1)).all()
        assert (places.at_measured(claimed) == said[:, places.measured]).all()
        assert (places.anywhere(claimed) == said.any(axis=1)).all()
        assert (places.everywhere(claimed) == said.all(axis=1)).all()
        assert (places.anywhere(claimed, some) == said[:, :some].any(axis=1)).all()
        assert (places.everywhere(claimed, some) == said[:, :some].all(axis=1)).all()


@given(table=held(), alike=st.booleans())
def test_one_word_stands_for_all_places(table: Bools, alike: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    rows, size = table.shape
    places, everywhere = places_of(rows, size), masked_alike(np.full(rows, alike))
    assert places.share(everywhere).tolist() == [float(alike)] * rows
    assert places.anywhere(everywhere).tolist() == places.everywhere(everywhere).tolist() == [alike] * rows
    assert (np.broadcast_to(places.at_measured(everywhere), (rows, len(places.measured))) == alike).all()
    assert (unmasked(masked(table) & everywhere, size) == (table & alike)).all()
