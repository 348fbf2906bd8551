"""DuckDB with its spatial extension, from the package that holds the extension: nothing is fetched at run time."""

from typing import Any


def connect() -> Any:
    """Open a database in memory that works on one core."""
    import duckdb
    from duckdb_extensions import import_extension

    connection = duckdb.connect()
    import_extension("spatial", con=connection)
    connection.execute("LOAD spatial; SET threads = 1")
    return connection
