"""Orders in memory: a pandas or GeoPandas frame, or an Arrow table, read as rows and given back with its cc_… columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from coverage_check.errors import InvalidInput, TableInvalid
from coverage_check.location import ErrorModel
from coverage_check.order_rows import (
    NUMBERS,
    OUT,
    Defaults,
    OrderRow,
    column_names,
    find_columns,
    known_columns,
    read_row,
    refuse_answered,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Orders = TypeVar("Orders", pd.DataFrame, pa.Table, pa.RecordBatch)
else:
    Orders = TypeVar("Orders")

_DEGREE_DIGITS = 7
"""Digits of a geometry's degrees: a centimetre. Its floats don't say how sure they are, unlike digits that someone wrote."""


def frame_rows(
    orders: "pd.DataFrame | pa.Table | pa.RecordBatch",
    columns: Mapping[str, str] | None,
    defaults: Defaults,
    *,
    errors: ErrorModel | None = None,
) -> list[OrderRow | InvalidInput]:
    """Read each row of a frame or table.

    The points of a GeoDataFrame's geometry are the positions where it has no columns lat and lon. `errors` bounds positions.

    Raises
    ------
    TableInvalid
        A column is missing or named twice, a cc_… column is there already, or the geometry is not points with a CRS.
    """
    arrow = _is_arrow(orders)
    header = list(map(str, orders.schema.names if arrow else orders.columns))
    refuse_answered(header, "The frame")
    points = None if arrow else _points(orders, header, columns or {})
    places = find_columns([*header, *(points or ())], columns, defaults)
    cells = {name: _column(orders, n, arrow=arrow) for name, n in places.items() if n < len(header)}
    if points:
        cells |= points
    used = {name: n for n, name in enumerate(cells)}
    names = column_names([*header, *(points or ())], places)
    return [read_row(row, used, defaults, names=names, errors=errors) for row in zip(*cells.values(), strict=True)]


def with_answers(orders: Orders, answers: Sequence[Mapping[str, object]]) -> Orders:
    """Give the same rows, index and columns, and the cc_… columns after them."""
    given: Any = orders
    values = {name: [answer[name] for answer in answers] for name in OUT}
    if _is_arrow(orders):
        import pyarrow as pa  # noqa: PLC0415 - loaded already

        for name in OUT:
            kind = pa.float64() if name in NUMBERS else pa.string()
            given = given.append_column(name, pa.array(values[name], kind))
        return cast("Orders", given)
    import pandas as pd  # noqa: PLC0415 - loaded already

    answered: Any = pd.concat([given, pd.DataFrame(values, index=given.index, columns=list(OUT))], axis=1)
    return cast("Orders", answered)


def _is_arrow(orders: Any) -> bool:
    return type(orders).__module__.partition(".")[0] == "pyarrow"


def _column(orders: Any, place: int, *, arrow: bool) -> list[object]:
    """Give a column's cells, with None for what pandas says is not there."""
    if arrow:
        cells: list[object] = orders.column(place).to_pylist()
        return cells
    column = orders.iloc[:, place]
    known: list[object] = column.astype(object).where(column.notna(), None).tolist()
    return known


def _points(orders: Any, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, list[object]] | None:
    """Give the degrees of a GeoDataFrame's points, unless it has columns for a position."""
    name = getattr(orders, "_geometry_column_name", None)
    if name is None or name not in orders.columns or {"lat", "lon"} & set(known_columns(header, columns)):
        return None
    geometry = orders.geometry
    here = ~(geometry.isna() | geometry.is_empty)
    if not (geometry[here].geom_type == "Point").all():
        raise TableInvalid("The frame's geometry is not all points: take their representative_point(), or drop it.")
    if here.any() and geometry.crs is None:
        raise TableInvalid("The frame's geometry has no CRS: say which it is with set_crs().")
    degrees = geometry.to_crs(4326) if here.any() else geometry
    pairs = [(point.y, point.x) if known else None for point, known in zip(degrees, here, strict=True)]
    texts = [("", "") if pair is None else tuple(f"{value:.{_DEGREE_DIGITS}f}" for value in pair) for pair in pairs]
    return {"lat": [text[0] for text in texts], "lon": [text[1] for text in texts]}
