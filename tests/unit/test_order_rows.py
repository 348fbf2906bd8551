"""Rows of a table: columns by name, never by guess; cells as text; a bad row is a row that says why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.errors import InvalidInput, TableInvalid
from coverage_check.order_rows import (
    OUT,
    Defaults,
    OrderRow,
    column_names,
    error_columns,
    find_columns,
    read_order,
    read_row,
)

DEMO = Checker.from_config("demo")


@pytest.mark.parametrize(
    "header",
    [
        ["order_id", "address", "postcode", "town", "product", "date"],
        ["Ordernr", "Adress", "Postnr", "Ort", "Produkt", "Datum"],
        [" ORDER_ID ", "Street address", "Post-code", "City", "Product code", "Sale date"],
    ],
)
def test_columns_are_found_by_swedish_and_english_names(header: list[str]) -> None:
    places = find_columns(header)
    assert [places[name] for name in ("order_id", "address", "postcode", "town", "product", "date")] == [0, 1, 2, 3, 4, 5]


def test_two_columns_for_one_meaning_are_never_guessed() -> None:
    with pytest.raises(TableInvalid, match="could both be address"):
        find_columns(["address", "leveransadress", "product"])
    assert find_columns(["address", "leveransadress", "product"], {"address": "leveransadress"})["address"] == 1


@pytest.mark.parametrize(
    ("header", "chosen", "hint"),
    [
        (["product"], {}, "--column address="),
        (["address"], {}, "--product"),
        (["address", "product"], {"adress": "address"}, "did you mean 'address'"),
        (["address", "product"], {"date": "dat"}, "no column 'dat'"),
    ],
)
def test_a_missing_column_says_what_to_do(header: list[str], chosen: dict[str, str], hint: str) -> None:
    with pytest.raises(TableInvalid, match=hint):
        find_columns(header, chosen)


@pytest.mark.parametrize(
    "day",
    ["Datum för order", "Beställningsdatum", "order datum", "OrderDag", "Försäljningsdatum", "OrderDate", "Date of sale"],
)
def test_the_day_is_found_by_what_the_field_calls_it(day: str) -> None:
    assert find_columns(["Adress", "Produkt", day])["date"] == 2


@pytest.mark.parametrize("name", ["Leveransdatum", "Installation date", "dag", "Kundens dag", "signed_datetime", "Best.dat"])
def test_a_day_that_is_not_understood_is_never_passed_over(name: str) -> None:
    """The order would be judged by today, when the network may be another."""
    header = ["Adress", "Produkt", name]
    with pytest.raises(TableInvalid, match="--column date=NAME, or give --on") as refused:
        find_columns(header)
    assert repr(name) in str(refused.value)
    assert find_columns(header, {"date": name})["date"] == 2
    assert "date" not in find_columns(header, defaults=Defaults.of(on="2025-11-01"))
    assert find_columns([*header, "Orderdatum"])["date"] == 3


@pytest.mark.parametrize(
    "name", ["Last update", "Mandat", "Kandidat", "Data", "Databas", "Uppdaterad", "Telefon dag", "Uppdrag"]
)
def test_a_name_that_only_sounds_like_a_day_is_none(name: str) -> None:
    assert "date" not in find_columns(["Adress", "Produkt", name])


@pytest.mark.parametrize("chosen", [{}, {"address": "Ost"}])
def test_a_row_of_cells_in_the_place_of_the_header_is_not_repeated(chosen: dict[str, str]) -> None:
    with pytest.raises(TableInvalid) as refused:
        find_columns(["Åsa", "Öst", "Vätö", "mbb"], chosen)
    assert not any(cell in str(refused.value) for cell in ("Åsa", "Öst", "Vätö", "mbb"))
    assert chosen or "does the first row name the columns?" in str(refused.value)


def test_a_position_wins_over_the_address_and_decimal_commas_are_read() -> None:
    places = find_columns(["address", "lat", "lon", "product"])
    row = read_row(["Harg 12", "59,82", "18.95", "mbb-4g"], places, Defaults())
    assert isinstance(row, OrderRow)
    assert row.address is None
    assert row.location is not None
    assert (row.location.lat, row.location.lon) == (59.82, 18.95)


@pytest.mark.parametrize(
    "cells",
    [
        ["", "", "", "mbb-4g", ""],
        ["Harg 12", "59.82", "", "mbb-4g", ""],
        ["Harg 12", "nan", "nan", "mbb-4g", ""],
        ["Harg 12", "95", "18", "mbb-4g", ""],
        ["Harg 12", "", "", "", ""],
        ["Harg 12", "", "", "mbb-4g", "01/11/2025"],
    ],
)
def test_a_bad_row_is_a_row_that_says_why(cells: list[str]) -> None:
    row = read_row(cells, find_columns(["address", "lat", "lon", "product", "date"]), Defaults())
    assert isinstance(row, InvalidInput)
    answer = error_columns(row)
    assert list(answer) == list(OUT)
    assert (answer["cc_verdict"], str(answer["cc_error"])[:13]) == ("undetermined", "INVALID_INPUT")


SALES = "Ordernr;Adress;Postnr;Ort;Latitud;Longitud;Produkt;Säljdatum;Användning;Mottagare"
FAULTS = """
what is wrong       | row                                              | column                     | says
no product          | 1;Harg 12;760 21;Vätö;;;;;;                      | Produkt                    | no product
product not known   | 1;Harg 12;760 21;Vätö;;;Harg 12;;;               | Produkt                    | no product of this code
product misspelt    | 1;Harg 12;760 21;Vätö;;;mbb4g;;;                 | Produkt                    | did you mean 'mbb-4g'
day in other order  | 1;Harg 12;760 21;Vätö;;;mbb-4g;01/11/2025;;      | Säljdatum                  | written as 2025-11-01
no day of any year  | 1;Harg 12;760 21;Vätö;;;mbb-4g;2026-02-30;;      | Säljdatum                  | no such day
no day, with a time | 1;Harg 12;760 21;Vätö;;;mbb-4g;2026-02-30 12:00;; | Säljdatum                 | no such day
a day, no such hour | 1;Harg 12;760 21;Vätö;;;mbb-4g;2026-02-20 25:00;; | Säljdatum                 | written as 2025-11-01
a number of a day   | 1;Harg 12;760 21;Vätö;;;mbb-4g;46054;;           | Säljdatum                  | format the column as
half a position     | 1;Harg 12;760 21;Vätö;59.81;;mbb-4g;;;           | Latitud, Longitud          | or both empty
position in words   | 1;;;;Harg;12;mbb-4g;;;                           | Latitud, Longitud          | numbers in degrees
metres for degrees  | 1;;;;6637967;721431;mbb-4g;;;                    | Latitud, Longitud          | within ±90
no place of use     | 1;Harg 12;760 21;Vätö;;;mbb-4g;;Harg 12;         | Användning                 | indoors
no receiver         | 1;Harg 12;760 21;Vätö;;;mbb-4g;;;Harg 12         | Mottagare                  | handset
nowhere             | 1;;;;;;mbb-4g;;;                                 | Adress, Postnr, Ort        | no address
only signs          | 1;---;;;;;mbb-4g;;;                              | Adress, Postnr, Ort        | address is empty
endless             | 1;{long};;;;;mbb-4g;;;                           | Adress, Postnr, Ort        | characters
cells missing       | 1;Harg 12                                        |                            | 2 cells, the header 10
cells too many      | 1;Harg 12;760 21;Vätö;;;mbb-4g;;;;;              |                            | 12 cells, the header 10
"""


@pytest.mark.parametrize("line", FAULTS.strip().splitlines()[1:])
def test_a_fault_names_the_column_as_the_table_does_and_never_what_stands_in_it(line: str) -> None:
    row, columns, says = (cell.strip() for cell in line.split("|")[1:])
    header, cells = SALES.split(";"), row.format(long="Harg" * 400).split(";")
    places = find_columns(header)
    read = read_order(cells, len(header), places, Defaults(), names=column_names(header, places))
    fault = DEMO.fault_of(read)
    assert fault is not None
    assert says in str(fault)
    assert [name for name in header if repr(name) in str(fault)][: columns.count(",") + 1] == [
        name for name in columns.split(", ") if name
    ]
    assert not any(part in str(fault) for part in ("Harg", "01/11", "mbb4g", "6637967", "Vätö", "760 21"))


def test_two_columns_of_a_fault_are_columns() -> None:
    names = {"lat": "Bredd", "lon": "Längd"}
    [fault] = [read_row(["59", "", "mbb-4g"], {"lat": 0, "lon": 1, "product": 2}, Defaults(), names=names)]
    assert str(fault).startswith("columns 'Bredd' and 'Längd': ")


@pytest.mark.parametrize(
    ("place", "receiver", "at", "device"),
    [
        ("I bil", "Mobil", "vehicle", "handset"),
        ("inomhus", "inomhusrouter", "indoors", "indoor_router"),
        ("utomhus", "Utomhusantenn", "outdoors", "outdoor_antenna"),
    ],
)
def test_the_words_of_our_own_sentences_are_understood(place: str, receiver: str, at: str, device: str) -> None:
    row = read_row(
        ["Harg 12", "mbb-4g", place, receiver], find_columns(["adress", "produkt", "plats", "mottagare"]), Defaults()
    )
    assert isinstance(row, OrderRow)
    assert (row.at, row.receiver) == (at, device)


@given(cells=st.lists(st.text("ABCÅÄÖåäö 0123456789.,-/", min_size=6, max_size=20), min_size=10, max_size=10))
def test_no_fault_repeats_a_cell(cells: list[str]) -> None:
    """A column may be another than it seems, and hold addresses."""
    header = SALES.split(";")
    places = find_columns(header)
    fault = DEMO.fault_of(read_order(cells, len(header), places, Defaults(), names=column_names(header, places)))
    assert fault is not None
    said = str(fault).replace("2025-11-01", "").replace("59.81248", "")  # what it gives as examples may stand in a cell, too
    assert not any(cell.strip() and cell in said for cell in cells)


@pytest.mark.parametrize("default", [{"at": "Harg 12"}, {"receiver": "banana"}, {"on": "01/11/2025"}, {"colour": "red"}])
def test_a_default_that_none_can_have_is_refused_at_once(default: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Defaults.of(**default)


def test_defaults_fill_only_what_is_empty() -> None:
    places = find_columns(["address", "product", "date"])
    otherwise = Defaults.of(product="mbb-3g", on="2025-11-01")
    filled = read_row(["Harg 12", "", ""], places, otherwise)
    own = read_row(["Harg 12", "mbb-4g", "2025-10-01"], places, otherwise)
    assert isinstance(filled, OrderRow)
    assert isinstance(own, OrderRow)
    assert (filled.product, filled.on) == ("mbb-3g", date(2025, 11, 1))
    assert (own.product, own.on) == ("mbb-4g", date(2025, 10, 1))


def test_numbers_of_a_spreadsheet_are_read_as_they_show() -> None:
    places = find_columns(["address", "postcode", "town", "product"])
    row = read_row(["Harg 12", 76021.0, "Vätö", "mbb-4g"], places, Defaults())
    assert isinstance(row, OrderRow)
    assert row.address == "Harg 12, 76021 Vätö"


def test_a_position_is_no_surer_than_its_digits() -> None:
    """59.8 is a place within kilometres; the finer number counts, for spreadsheets drop a last zero."""
    places = find_columns(["lat", "lon", "product"])
    radii = {}
    for lat, lon in [("59.8", "18.9"), ("59,82", "18,95"), ("59.82", "18.95001"), ("59.812482", "18.95")]:
        row = read_row([lat, lon, "mbb-4g"], places, Defaults())
        assert isinstance(row, OrderRow)
        assert row.location is not None
        radii[lat, lon] = row.location.cep50_m
    assert list(radii.values()) == pytest.approx([5556, 555.6, 5, 5])


@pytest.mark.parametrize("lat", ["nan", "inf", "1e400", "north", "95", "59.8.2", "0e999999"])
def test_a_position_that_is_none_is_a_row_that_says_so(lat: str) -> None:
    assert isinstance(read_row([lat, lat, "mbb-4g"], find_columns(["lat", "lon", "product"]), Defaults()), InvalidInput)
