"""Addresses are asked for once, ahead of the look-up, few at a time; processes share the work and nothing else changes."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from coverage_check.address import Query, parse
from coverage_check.checker import Checker
from coverage_check.coverage.manifest import Manifest
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Decision, Verdict
from coverage_check.errors import AddressNotFound, GeocoderRefused, GeocoderUnavailable, SnapshotInvalid
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.register import Register
from coverage_check.location import Location
from coverage_check.order_rows import Defaults
from coverage_check.orders import DecidedRow, Run, check_orders, decided_rows, open_table
from coverage_check.orders.ahead import Ahead, asks_a_server
from coverage_check.orders.tables import CHUNK_ROWS

DEFAULTS = Defaults(product="mbb-4g", on=date(2025, 11, 1))
HOUSES = [f"Harg {n}, 760 21 Vätö" for n in range(1, 13)]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


@dataclass
class Slow:
    """A server's manner around a register: it takes its time, counts what it is asked, and may refuse."""

    register: Geocoder
    refuses: type[GeocoderUnavailable] | None = None
    asked: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    id: str = "slow:1"
    attribution: str = ""

    def locate(self, query: Query) -> Location:
        """Ask the register after a while."""
        with self.lock:
            self.asked[query.normalised] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(0.002)
            if self.refuses:
                raise self.refuses("The server refuses: ask its administrator.")
            return self.register.locate(query)
        finally:
            with self.lock:
                self.at_once -= 1


def with_geocoder(checker: Checker, geocoder: Geocoder) -> Checker:
    return Checker(snapshot=checker.snapshot, products=checker.products, geocoder=geocoder)


def table_of(folder: Path, addresses: list[str]) -> Path:
    path = folder / "orders.csv"
    path.write_text("address\n" + "".join(f'"{address}"\n' for address in addresses), encoding="utf-8")
    return path


def ids_of(rows: list[DecidedRow]) -> list[str]:
    return [row.outcome.id if isinstance(row.outcome, Decision) else "" for row in rows]


def register_of(checker: Checker) -> Register:
    assert isinstance(checker.geocoder, Register)
    return checker.geocoder


@pytest.mark.parametrize("workers", [1, 2])
def test_each_address_is_asked_for_once_and_few_at_a_time(checker: Checker, tmp_path: Path, workers: int) -> None:
    server = Slow(register_of(checker))
    addresses = [HOUSES[n % 12] for n in range(3 * CHUNK_ROWS)] + ["59.8, 18.95", "WRXC+22 Vätö", "Box 1, 760 21 Vätö", ""]
    run = Run(defaults=DEFAULTS, workers=workers, at_once=3)
    summary = check_orders(with_geocoder(checker, server), table_of(tmp_path, addresses), tmp_path / "out.csv", run)
    assert summary.rows == len(addresses)
    assert set(server.asked.values()) == {1}
    assert 1 < server.most_at_once <= 3


def test_the_answers_are_those_of_the_geocoder_itself(checker: Checker, tmp_path: Path) -> None:
    addresses = [*HOUSES, "Kyrkvägen 3", "Ingenstans 99, 999 99 Ingen", "Box 1, 760 21 Vätö", "x" * 10_000, "59.8, 18.95"]
    source = table_of(tmp_path, addresses)
    outputs = []
    for workers in (1, 2):
        for geocoder in (register_of(checker), Slow(register_of(checker), id=register_of(checker).id)):
            target = tmp_path / "out.csv"
            check_orders(with_geocoder(checker, geocoder), source, target, Run(defaults=DEFAULTS, workers=workers))
            outputs.append(target.read_bytes())
    assert len(set(outputs)) == 1


@pytest.mark.parametrize(("refusal", "most"), [(GeocoderRefused, 4), (GeocoderUnavailable, 24)])
def test_a_server_that_refuses_is_asked_no_more(
    checker: Checker, tmp_path: Path, refusal: type[GeocoderUnavailable], most: int
) -> None:
    """A key that is refused for one address is refused for all; an outage ends the asking after twenty failures."""
    server = Slow(register_of(checker), refuses=refusal)
    addresses = [f"Harg {n}, 760 21 Vätö" for n in range(300)]
    summary = check_orders(
        with_geocoder(checker, server), table_of(tmp_path, addresses), tmp_path / "out.csv", Run(defaults=DEFAULTS)
    )
    assert summary.verdicts == {Verdict.UNDETERMINED: 300}
    assert summary.geocoder_down == 300
    assert server.asked.total() <= most


def test_an_outage_is_not_remembered(checker: Checker) -> None:
    server = Slow(register_of(checker), refuses=GeocoderUnavailable)
    query = parse(HOUSES[0])
    with Ahead(server, at_once=0) as ahead:
        with pytest.raises(GeocoderUnavailable):
            ahead.locate(query)
        server.refuses = None
        assert ahead.locate(query) == register_of(checker).locate(query)
        with pytest.raises(AddressNotFound):
            ahead.locate(parse("Ingenstans 99, 999 99 Ingen"))
    assert not asks_a_server(register_of(checker))
    assert asks_a_server(server)


def test_rows_that_ask_the_same_have_one_answer_and_each_is_given(checker: Checker, tmp_path: Path) -> None:
    source = table_of(tmp_path, [HOUSES[0], HOUSES[1], HOUSES[0]])
    with open_table(source) as table:
        rows = list(decided_rows(checker, table, Run(defaults=DEFAULTS)))
    assert [row.number for row in rows] == [1, 2, 3]
    ids = ids_of(rows)
    assert ids[0] == ids[2] == checker.check(HOUSES[0], product="mbb-4g", on=DEFAULTS.on).id
    assert ids[1] != ids[0]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_any_number_of_workers_gives_the_same_bytes(checker: Checker, tmp_path: Path, form: str) -> None:
    lines = [f"{n},{59.78 + n % 40 / 1000:.6f},18.95" for n in range(2 * CHUNK_ROWS + 3)]
    source = tmp_path / "in.csv"
    source.write_text("order_id,lat,lon\n" + "\n".join(lines) + "\n77,north,1\n", encoding="utf-8")
    found = set()
    for workers in (1, 2, 3):
        target = tmp_path / f"out{workers}.{form}"
        check_orders(checker, source, target, Run(defaults=DEFAULTS, workers=workers))
        found.add(target.read_bytes())
    assert len(found) == 1


def test_a_worker_gives_whole_decisions_to_the_record(checker: Checker, tmp_path: Path) -> None:
    source = table_of(tmp_path, [*HOUSES, ""])
    recorded = []
    for workers in (1, 2):
        seen: list[DecidedRow] = []
        check_orders(checker, source, tmp_path / "out.csv", Run(defaults=DEFAULTS, workers=workers), record=seen.extend)
        recorded.append(ids_of(seen))
    assert recorded[0] == recorded[1]
    assert [bool(decision) for decision in recorded[0]] == [True] * 12 + [False]


def test_a_snapshot_that_was_replaced_under_the_workers_is_noticed(checker: Checker, tmp_path: Path) -> None:
    """What workers open must be what the caller opened."""
    opened = checker.snapshot
    replaced = Renamed(opened.path, opened._manifest)
    changed = Checker(snapshot=replaced, products=checker.products, geocoder=checker.geocoder)
    with pytest.raises(SnapshotInvalid, match="replaced"):
        check_orders(changed, table_of(tmp_path, HOUSES), tmp_path / "out.csv", Run(defaults=DEFAULTS, workers=2))


class Renamed(Snapshot):
    """A snapshot that had another id when it was opened."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        super().__init__(path, manifest)
        self.id = "0" * 64
