# The C module; _fill.c says what it does.
from coverage_check.availability import Rows
from coverage_check.qualification.fill import Column

def fill(pieces: tuple[bytes, ...], columns: tuple[Column, ...], rows: Rows, decimals: int, /) -> list[bytes]: ...
