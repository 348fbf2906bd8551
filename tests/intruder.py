"""An intruder who may write to a ledger's file, and knows how."""

import sqlite3
from pathlib import Path


def tamper(path: Path, *statements: str) -> None:
    """Change the file as its administrator could: take the guards away, and put them back afterwards."""
    connection = sqlite3.connect(path)
    guards = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"drop trigger {name}")
    for statement in statements:
        connection.execute(statement)
    for _, guard in guards:
        connection.execute(guard)
    connection.commit()
    connection.close()
