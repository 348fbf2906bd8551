"""Which columns a report is split by, and what each row has in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coverage_check.declaration import nearest
from coverage_check.errors import InvalidInput, TableInvalid
from coverage_check.order_rows import OrderRow, cell_text
from coverage_check.report.figures import MONTH

PRODUCT = "product"
USUAL: Mapping[str, tuple[str, ...]] = {
    "channel": ("channel", "sales_channel", "kanal", "försäljningskanal", "säljkanal"),
    "salesperson": ("salesperson", "salesperson_code", "seller", "seller_code", "agent", "säljare", "säljarkod", "säljkod"),
    "municipality": ("municipality", "kommun", "kommunnamn"),
}
"""Columns that a report is split by wherever a table has them, by their usual names."""

_LONGEST = 80
"""Characters of a value that is a group; a longer one is no name of a group, and its rest is cut."""

_TELLING = {"address": ("address",), "position": ("lat", "lon"), "order": ("order_id",)}
"""The columns that say what can be left out of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """The columns to split by.

    Attributes
    ----------
    names
        As the table writes them; `product` and `month` are the row's own.
    places
        Where each stands in the table; None for the month, and for a product that the table has no column for.
    """

    names: tuple[str, ...]
    places: tuple[int | None, ...]

    @classmethod
    def of(
        cls,
        header: Sequence[str],
        known: Mapping[str, int],
        *,
        by: Sequence[str] = (),
        months: bool = False,
        hide: frozenset[str] = frozenset(),
    ) -> "Splitting":
        """Choose columns: the product, in an audit the month, and those asked for, or else the usual ones that are there.

        Parameters
        ----------
        known
            Canonical name → column, as `find_columns` gives it.
        by
            Names of columns, or of `USUAL`.
        hide
            What the report leaves out.

        Raises
        ------
        TableInvalid
            There is no such column.
        InvalidInput
            A column that is asked for holds what is to be left out.
        """
        chosen: dict[str, int | None] = {PRODUCT: known.get(PRODUCT)}
        if months:
            chosen[MONTH] = None
        for name in by or [name for name in USUAL if _find(header, name) is not None]:
            place = _find(header, name)
            if name in chosen:
                continue
            if place is None:
                raise TableInvalid(f"The table has no column {name!r} to split by{nearest(name, header) or '.'}")
            _refuse_telling(header[place], place, known, hide)
            if place != known.get(PRODUCT):
                chosen[header[place]] = place
        return cls(names=tuple(chosen), places=tuple(chosen.values()))

    def values(self, cells: Sequence[object], row: OrderRow | InvalidInput) -> tuple[str, ...]:
        """Give what a row has in each column."""
        return tuple(self._value(n, cells, row) for n in range(len(self.names)))

    def _value(self, n: int, cells: Sequence[object], row: OrderRow | InvalidInput) -> str:
        place = self.places[n]
        if isinstance(row, OrderRow) and self.names[n] == PRODUCT:
            return row.product
        if place is None:
            return f"{row.on:%Y-%m}" if isinstance(row, OrderRow) and self.names[n] == MONTH and row.on else ""
        return cell_text(cells[place])[:_LONGEST] if place < len(cells) else ""


def _find(header: Sequence[str], name: str) -> int | None:
    """Find a column by its own name, whatever its case, or by a usual one."""
    if name in header:
        return header.index(name)
    names = {name.casefold(), *USUAL.get(name, ())}
    return next((n for n, column in enumerate(header) if column.strip().casefold() in names), None)


def _refuse_telling(name: str, place: int, known: Mapping[str, int], hide: frozenset[str]) -> None:
    for what in hide:
        if place in [known.get(canonical) for canonical in _TELLING[what]]:
            raise InvalidInput(f"The column {name!r} can't split a report that leaves the {what} out: choose one of them.")
