"""Extracts of OpenStreetMap become registers: nodes, ways, villages, and honest counts of what has no position."""

import runpy
import sys
from pathlib import Path

import pytest

from coverage_check.address import parse
from coverage_check.config import BUNDLED
from coverage_check.errors import FileRefused, MissingExtra
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.location import LocationLevel, Match

pytest.importorskip("osmium", reason="the extra 'osm' is not installed")
MAKE = Path(__file__).parents[1] / "integration" / "nominatim" / "make_vato_osm.py"
HOUSES = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="59.80" lon="18.90" version="1"/><node id="2" lat="59.80" lon="18.91" version="1"/>
<node id="3" lat="59.81" lon="18.91" version="1"/>
<node id="4" lat="59.82" lon="18.95" version="1"><tag k="addr:place" v="Harg"/><tag k="addr:housenumber" v="12"/></node>
<node id="5" lat="59.83" lon="18.95" version="1"><tag k="addr:street" v="Storv\u00e4gen"/><tag k="addr:housenumber" v="1"/>
<tag k="entrance" v="main"/></node>
<way id="6" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="addr:street" v="Storv\u00e4gen"/>
<tag k="addr:housenumber" v="3;5"/><tag k="building" v="yes"/></way>
<way id="7" version="1"><nd ref="98"/><nd ref="99"/><tag k="addr:street" v="Storv\u00e4gen"/>
<tag k="addr:housenumber" v="7"/></way>
<relation id="8" version="1"><member type="way" ref="6" role="outer"/><tag k="addr:street" v="Storv\u00e4gen"/>
<tag k="addr:housenumber" v="9"/></relation></osm>"""


def test_nodes_ways_and_villages_are_read(tmp_path: Path) -> None:
    (tmp_path / "houses.osm").write_text(HOUSES, encoding="utf-8")
    info = build_register(tmp_path / "houses.osm", tmp_path / "r.sqlite")
    assert (info.addresses, sum(info.rejects.values()), info.preset) == (4, 2, "osm")
    with Register.open(tmp_path / "r.sqlite") as register:
        village, door, building = (register.locate(parse(said)) for said in ("Harg 12", "Storvägen 1", "Storvägen 5"))
    assert (village.lat, village.lon, village.level) == (59.82, 18.95, LocationLevel.ADDRESS_POINT)
    assert door.level is LocationLevel.ENTRANCE
    assert (building.lat, building.lon, building.level) == (59.805, 18.905, LocationLevel.BUILDING)


def test_vato_as_mappers_would_draw_it_gives_every_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(MAKE), str(BUNDLED / "addresses.csv"), str(tmp_path / "vato.osm")])
    runpy.run_path(str(MAKE), run_name="__main__")
    build_register(tmp_path / "vato.osm", tmp_path / "r.sqlite")
    with Register.open(tmp_path / "r.sqlite") as register, Register.open(BUNDLED / "register.sqlite") as bundled:
        for said in ("Harg 12, 760 21 Vätö", "Vätövägen 41B, 760 21 Vätö", "Stora Brogatan 5, 761 30 Norrtälje"):
            one, other = register.locate(parse(said)), bundled.locate(parse(said))
            assert one.match is other.match is Match.EXACT
            assert distance_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon) < 20


def test_a_cut_extract_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.osm").write_text(HOUSES[:700], encoding="utf-8")
    with pytest.raises(FileRefused, match="damaged"):
        build_register(tmp_path / "cut.osm", tmp_path / "r.sqlite")
    assert not (tmp_path / "r.sqlite").exists()


def test_without_osmium_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "houses.osm").write_text(HOUSES, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(MissingExtra, match="osm"):
        build_register(tmp_path / "houses.osm", tmp_path / "r.sqlite")
