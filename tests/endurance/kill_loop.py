"""Kill writers of a ledger at random moments, and let many write at once; count what was lost or doubled.

    python -m tests.endurance.kill_loop --cycles 2000 --processes 16 --writes 1000

What is stored is read with plain SQL, not with the ledger's own code. The tests run the same loops shortly.
"""

import argparse
import multiprocessing
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Lock
from pathlib import Path

from coverage_check.ledger import Ledger, SaleContext
from tests.made_decisions import made_decision, readdressed

_LONGEST_LIFE_S = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run left behind.

    Attributes
    ----------
    acknowledged, stored
        Writes that returned to their caller, and orders that are in the file.
    lost, doubled
        Acknowledged orders that are not in the file; orders that are in it more than once.
    faults
        What the writers or `verify` complained about.
    longest_wait_s
        The longest that one write took.
    """

    acknowledged: int
    stored: int
    lost: int
    doubled: int
    faults: tuple[str, ...]
    seconds: float
    longest_wait_s: float = 0.0


Stored = Callable[[], Mapping[str, int]]
"""Counts the entries of each order, without the ledger's own code."""


def stored_in(path: Path) -> Stored:
    """Count in a SQLite file."""

    def count() -> dict[str, int]:
        connection = sqlite3.connect(path)
        counts = dict(connection.execute("select order_ref, count(*) from entry group by order_ref"))
        connection.close()
        return counts

    return count


def kill_loop(place: str, stored: Stored, *, cycles: int, seed: int = 7) -> Tally:
    """Kill a writer at a random moment, let the next one repeat the last order and go on, again and again."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    process = _processes()
    acknowledged: set[str] = set()
    faults: list[str] = []
    began, start = time.monotonic(), 0
    for cycle in range(cycles):
        reader, writer = process.Pipe(duplex=False)
        child = process.Process(target=_write_on, args=(place, start, writer))
        child.start()
        writer.close()
        time.sleep(chance.random() * _LONGEST_LIFE_S)
        child.kill()
        child.join()
        acknowledged |= _received(reader)
        # The next writer begins with the last acknowledged order: what was stored without a word must not be doubled.
        start = max((int(ref) for ref in acknowledged), default=0)
        if (cycle + 1) % 100 == 0 or cycle + 1 == cycles:
            faults += _complaints(place)
    return _tally(stored(), acknowledged, faults, time.monotonic() - began)


def crowd(place: str, stored: Stored, *, processes: int, writes: int) -> Tally:
    """Let many processes write at once, each its own orders and, every tenth time, one that all of them write."""
    process = _processes()
    began = time.monotonic()
    reader, writer = process.Pipe(duplex=False)
    lock = process.Lock()
    children = [process.Process(target=_write_among, args=(place, n, writes, writer, lock)) for n in range(processes)]
    for child in children:
        child.start()
    writer.close()
    said = _messages(reader)
    for child in children:
        child.join()
    faults = [text for kind, text in said if kind == "fault"] + _complaints(place)
    faults += [f"a writer ended with {child.exitcode}" for child in children if child.exitcode]
    acknowledged = {text for kind, text in said if kind == "done"}
    waits = [float(text) for kind, text in said if kind == "waited"]
    return _tally(stored(), acknowledged, faults, time.monotonic() - began, max(waits, default=0.0))


def _processes() -> ForkServerContext:
    """Start processes from a server that has the imports done: a fork of a process with threads may hang."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["coverage_check.ledger", "coverage_check.ledger.postgres", "tests.made_decisions"])
    return context


def _write_on(place: str, start: int, said: Connection) -> None:
    """Write orders without end, and tell of each when it is stored."""
    template = made_decision()
    with Ledger.open(place) as ledger:
        number = start
        while True:
            decision = readdressed(template, f"Harg {number}")
            ledger.append(decision, order_ref=str(number), context=SaleContext.of_order(decision))
            said.send_bytes(f"done {number}".encode())
            number += 1


def _write_among(place: str, process: int, writes: int, said: Connection, lock: Lock) -> None:
    template = made_decision()
    longest = 0.0
    done: list[str] = []
    try:
        with Ledger.open(place) as ledger:
            for n in range(writes):
                ref = f"all-{n}" if n % 10 == 0 else f"{process}-{n}"
                decision = readdressed(template, f"Harg {ref}")
                began = time.monotonic()
                ledger.append(decision, order_ref=ref, context=SaleContext.of_order(decision))
                longest = max(longest, time.monotonic() - began)
                done.append(ref)
    finally:
        error = sys.exception()
        lines = [f"done {ref}" for ref in done] + [f"waited {longest}"] + ([f"fault {error!r}"] if error else [])
        with lock:
            for line in lines:
                said.send_bytes(line.encode())


def _messages(reader: Connection) -> list[tuple[str, str]]:
    """Read until every writer is gone; one that was killed may leave half a message."""
    found = []
    try:
        while True:
            kind, _, text = reader.recv_bytes().decode().partition(" ")
            found.append((kind, text))
    except (EOFError, OSError):
        return found


def _received(reader: Connection) -> set[str]:
    return {text for _, text in _messages(reader)}


def _complaints(place: str) -> list[str]:
    with Ledger.open(place) as ledger:
        fault = ledger.verify(ledger.head()).fault
    return [fault.what] if fault else []


def _tally(
    counts: Mapping[str, int], acknowledged: set[str], faults: list[str], seconds: float, longest_wait_s: float = 0.0
) -> Tally:
    return Tally(
        acknowledged=len(acknowledged),
        stored=len(counts),
        lost=len(acknowledged - counts.keys()),
        doubled=sum(count > 1 for count in counts.values()),
        faults=tuple(faults),
        seconds=round(seconds, 1),
        longest_wait_s=round(longest_wait_s, 2),
    )


def main() -> int:
    """Run both loops at the length asked for, and fail if anything was lost, doubled or complained about."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder, "killed.db"), Path(folder, "crowd.db")
        killed = kill_loop(str(one), stored_in(one), cycles=given.cycles, seed=given.seed)
        print("killed ", killed)  # noqa: T201 - a script
        crowded = crowd(str(other), stored_in(other), processes=given.processes, writes=given.writes)
        print("crowded", crowded)  # noqa: T201 - a script
    return int(any(tally.lost or tally.doubled or tally.faults for tally in (killed, crowded)))


if __name__ == "__main__":
    sys.exit(main())
