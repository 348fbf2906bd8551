"""Rows and their answers as CSV: a chunk is made ready column by column, for most columns hold nothing that needs care."""

from collections.abc import Callable, Sequence
from typing import TextIO

from coverage_check.order_rows import cell_text
from coverage_check.orders.formulas import neutral, neutral_column
from coverage_check.orders.tables import Chunk, Write

_NOTHING = type(None)


def csv_writer(out: TextIO, delimiter: str, header: Sequence[str], answers: Sequence[str]) -> Write:
    """Write rows as CSV to an open stream, first the names. Cells that the header has no name for follow the answers."""
    width = len(header)
    out.write(delimiter.join(_column((*header, *answers), delimiter, str)) + "\n")

    def write(chunk: Chunk, said: Sequence[Sequence[object]]) -> None:
        rows = chunk.rows
        ragged = set(map(len, rows)) != {width}
        if ragged:
            rows = [(*cells[:width], *[""] * (width - len(cells))) for cells in rows]
        known = [_column(column, delimiter, cell_text) for column in zip(*rows, strict=True)]
        told = [_column(column, delimiter, str) for column in zip(*said, strict=True)]
        lines = list(map(delimiter.join, zip(*known, *told, strict=True)))
        if ragged:
            more = (_column(cells[width:], delimiter, cell_text) for cells in chunk.rows)
            lines = [delimiter.join((line, *others)) for line, others in zip(lines, more, strict=True)]
        out.write("\n".join(lines) + "\n")

    return write


def _column(values: Sequence[object], delimiter: str, text: Callable[[object], str]) -> Sequence[str]:
    """Write values as cells of CSV: no text of them a formula, numbers and days as `text` has them."""
    kinds = set(map(type, values))
    if kinds == {_NOTHING}:
        return [""] * len(values)
    if kinds <= {float, _NOTHING}:
        return ["" if value is None else text(value) for value in values]
    if kinds <= {str, _NOTHING}:
        texts = [value or "" for value in values] if _NOTHING in kinds else values
        return quoted(neutral_column(texts), delimiter)  # type: ignore[arg-type] # each is one
    cells = ["" if value is None else neutral(value) if isinstance(value, str) else text(value) for value in values]
    return quoted(cells, delimiter)


def quoted(cells: Sequence[str], delimiter: str) -> Sequence[str]:
    """Put quotes around each cell with a delimiter, a quote or an end of line in it."""
    together = "".join(cells)
    signs = [sign for sign in (delimiter, '"', "\r", "\n") if sign in together]
    if not signs:
        return cells
    doubled = [cell.replace('"', '""') for cell in cells] if '"' in signs else cells
    needed = zip(*([sign in cell for cell in cells] for sign in signs), strict=True)
    return [f'"{cell}"' if any(each) else cell for cell, each in zip(doubled, needed, strict=True)]
