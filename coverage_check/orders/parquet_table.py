"""Parquet: the columns keep their types, and go into a Parquet output as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.errors import MissingExtra, TableInvalid
from coverage_check.orders.tables import CHUNK_ROWS, Chunk, Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


class ParquetTable(Table):
    """A Parquet file's columns and rows."""

    def __init__(self, file: "pq.ParquetFile", name: str) -> None:
        super().__init__(name, file.schema_arrow.names, schema=file.schema_arrow)
        self._file = file
        self._read = 0

    def chunks(self, *, limit: int | None = None, most: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Give the rows as they are read, and the Arrow batch that they come from."""
        import pyarrow as pa  # noqa: PLC0415 - loaded already

        left = self._file.metadata.num_rows if limit is None else limit
        batches = self._file.iter_batches(batch_size=most, use_threads=False)
        while left > 0:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                batch = batch.slice(0, left)
                rows = _rows(batch)
            except (pa.ArrowException, OSError, ValueError, OverflowError):  # their texts show cells
                message = f"{self.name} can't be read as Parquet after row {self._read}: write it anew, or export it as CSV."
                raise TableInvalid(message) from None
            yield Chunk(first=self._read + 1, rows=rows, batch=batch)
            self._read += len(rows)
            left -= len(rows)

    def share_read(self) -> float:
        """Tell how many of its rows have been read."""
        return self._read / max(1, int(self._file.metadata.num_rows))


def _rows(batch: "pa.RecordBatch") -> list[tuple[object, ...]]:
    if not batch.num_columns:
        return [()] * batch.num_rows
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


@contextmanager
def open_parquet(source: Path, name: str) -> Iterator[Table]:
    """Open a Parquet file."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("Parquet needs pyarrow: pip install 'mobile-coverage-check[parquet]'.") from None
    try:
        file = pq.ParquetFile(source, pre_buffer=False)
        table = ParquetTable(file, name)
    except (pa.ArrowException, OSError, UnicodeDecodeError):  # the last where a column's name is damaged
        raise TableInvalid(f"{name} begins as Parquet and is none, or is cut short: write it anew.") from None
    with file:
        yield table
