"""Make the demonstration data of a FICTITIOUS mobile network on Vätö: ``python data/make_vato.py [FOLDER]``.

From masts.csv and the radio model to what an operator would deliver, in the order in which a coverage map is made:

1. lay a grid of 100 m cells over the area that the map shall speak about;
2. for each cell, take the strongest signal of the masts that are on the air;
3. claim a level where that signal is strong enough, and join the claimed cells to polygons;
4. write the polygons as GeoPackage and declare in layers.toml what they mean.

Then it builds the invented houses. Each run writes the same bytes, as long as GDAL and SQLite stay the same.
"""

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import radio_model as radio
import shapely
from island import SURVEY_AREA, TO_DEGREES, TO_METRES, House, houses, outline

VATO = Path(__file__).parent / "vato"
CRS = "EPSG:3006"
CELL_M = 100
SEED = 76021
NETWORK = "Exempelnät"
FICTITIOUS = "fictitious network, made by data/make_vato.py"
REFERENCE_SIGNAL = {"3G": "RSCP", "4G": "RSRP", "5G": "SS-RSRP"}

LAYERS_HEAD = f"""\
# A FICTITIOUS network, not any operator's coverage. Made by data/make_vato.py: change the script or masts.csv, not this.
format = 1
metric_crs = "{CRS}"
"""

Cells = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One delivery of one technology's map, as the operator published it.

    Attributes
    ----------
    name
        Of the GeoPackage, and the beginning of each layer's id.
    speed_mbps
        Download speed promised at each level that the delivery has [A].
    """

    name: str
    technology: str
    published: date
    speed_mbps: dict[str, float]


EDITIONS = (
    Edition(name="3g", technology="3G", published=date(2025, 6, 1), speed_mbps={"basic": 1, "good": 2}),
    Edition(
        name="4g-2025",
        technology="4G",
        published=date(2025, 6, 1),
        speed_mbps={"basic": 5, "good": 10, "very_good": 30},
    ),
    Edition(
        name="4g-2026",
        technology="4G",
        published=date(2026, 1, 15),
        speed_mbps={"basic": 5, "good": 10, "very_good": 30},
    ),
    Edition(name="5g", technology="5G", published=date(2025, 6, 1), speed_mbps={"basic": 20, "good": 50}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The cells that the map speaks about, by the SWEREF 99 TM position of their middle."""

    x: radio.Metres
    y: radio.Metres

    @classmethod
    def over(cls, area: shapely.Polygon) -> "Grid":
        """Lay whole cells over a box whose corners are whole hundreds of metres."""
        west, south, east, north = area.bounds
        half = CELL_M / 2
        x, y = np.meshgrid(np.arange(west + half, east, CELL_M), np.arange(south + half, north, CELL_M))
        return cls(x=x.ravel(), y=y.ravel())

    def squares(self) -> npt.NDArray[np.object_]:
        """Draw each cell."""
        half = CELL_M / 2
        return shapely.box(self.x - half, self.y - half, self.x + half, self.y + half)


def strongest_signal_dbm(masts: Iterable[radio.Mast], grid: Grid) -> radio.Decibels:
    """Give the median of the strongest reference signal in each cell, dBm."""
    best = np.full(grid.x.shape, -np.inf)
    shadowing_db = radio.shadowing_db(grid.x, grid.y, seed=SEED)
    for mast in masts:
        east, north = TO_METRES.transform(mast.lon, mast.lat)
        distance_m = np.hypot(grid.x - east, grid.y - north)
        loss_db = radio.hata_suburban_loss_db(distance_m, band_mhz=mast.band_mhz, mast_height_m=mast.height_m)
        best = np.maximum(best, mast.eirp_dbm - loss_db - shadowing_db)
    return best


def polygons(grid: Grid, claimed: Cells) -> list[shapely.Polygon]:
    """Join the claimed cells to stair-stepped polygons, holes and all, in an order that does not change."""
    union = shapely.union_all(grid.squares()[claimed])
    parts = shapely.get_parts(shapely.normalize(shapely.simplify(union, 0)))
    return sorted(parts, key=lambda part: (-part.area, part.bounds))


def in_force(edition: Edition, masts: Sequence[radio.Mast]) -> tuple[date, date | None]:
    """Give the first and last day on which the network serves as drawn: from the last change to the next."""
    day = edition.published
    own = [mast for mast in masts if mast.technology == edition.technology]
    last_days = [mast.on_air_until for mast in own if mast.on_air(day) and mast.on_air_until]
    last_days += [mast.on_air_from - timedelta(days=1) for mast in own if mast.on_air_from > day]
    return max(mast.on_air_from for mast in own if mast.on_air(day)), min(last_days, default=None)


def claims(edition: Edition, masts: Sequence[radio.Mast], grid: Grid) -> dict[str, list[shapely.Polygon]]:
    """Draw the polygons of each level of an edition; a higher level lies within the lower ones."""
    on_air = [mast for mast in masts if mast.technology == edition.technology and mast.on_air(edition.published)]
    sure_dbm = strongest_signal_dbm(on_air, grid) - radio.FADE_MARGIN_DB
    return {
        level: polygons(grid, sure_dbm >= radio.threshold_dbm(edition.technology, level)) for level in edition.speed_mbps
    }


def write_geopackage(path: Path, edition: Edition, claimed: Mapping[str, list[shapely.Polygon]]) -> None:
    """Write one GeoPackage with a table for each level and a row for each polygon."""
    path.unlink(missing_ok=True)
    for level, parts in claimed.items():
        columns = {"network": NETWORK, "technology": edition.technology, "level": [level] * len(parts)}
        frame = gpd.GeoDataFrame(columns, geometry=parts, crs=CRS)
        pyogrio.write_dataframe(frame, path, layer=level, layer_options={"DESCRIPTION": FICTITIOUS})


def declare(path: Path, edition: Edition, masts: Sequence[radio.Mast], features: Mapping[str, int]) -> Iterator[str]:
    """Say in layers.toml what each level of a written edition means, and what the importer shall find in the file."""
    valid_from, valid_until = in_force(edition, masts)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for level, speed_mbps in edition.speed_mbps.items():
        yield toml_table(
            {
                "id": f"{edition.name}-{level.replace('_', '-')}",
                "file": f"layers/{path.name}",
                "layer": level,
                "network": NETWORK,
                "country": "SE",
                "technology": edition.technology,
                "service": "data",
                "level": level,
                "environment": "outdoor",
                "receiver": "handset",
                "metric": REFERENCE_SIGNAL[edition.technology],
                "threshold_dbm": radio.threshold_dbm(edition.technology, level),
                "probability": radio.EDGE_PROBABILITY,
                "min_download_mbps": speed_mbps,
                "resolution_m": CELL_M,
                "survey_area": "survey.geojson",
                "published": edition.published,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "publisher": FICTITIOUS,
                "licence": f"CC0-1.0 ({FICTITIOUS})",
                "crs": CRS,
                "sha256": sha256,
                "features": features[level],
            }
        )


def toml_table(values: dict[str, Any]) -> str:
    """Write one ``[[layer]]``, a key a line; a key without a value is left out."""
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["[[layer]]", *lines, ""])


def write_area(path: Path, area: shapely.Polygon, name: str) -> None:
    """Write one polygon as GeoJSON, in WGS 84 as RFC 7946 asks, to the centimetre."""
    # What is straight in one system is bent in the other: a corner at least every 500 m keeps the edge where it was.
    metres = shapely.get_coordinates(shapely.orient_polygons(shapely.segmentize(area, 500)))
    lon, lat = TO_DEGREES.transform(metres[:, 0], metres[:, 1])
    ring = np.round(np.column_stack([lon, lat]), 7).tolist()
    feature = {
        "type": "Feature",
        "properties": {"name": name, "note": f"{FICTITIOUS}; its shape is invented"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    collection = {"type": "FeatureCollection", "features": [feature]}
    path.write_text(json.dumps(collection, ensure_ascii=False) + "\n", encoding="utf-8")


def write_addresses(path: Path, built: Sequence[House]) -> None:
    """Write the invented houses as an address file, six decimals of a degree: 0.1 m."""
    lon, lat = TO_DEGREES.transform([house.x for house in built], [house.y for house in built])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["street", "number", "letter", "postcode", "town", "municipality", "lat", "lon"])
        for house, house_lat, house_lon in zip(built, lat, lon, strict=True):
            town = house.street.town
            place = [house.street.name, house.number, house.letter, town.postcode, town.name, town.municipality]
            writer.writerow([*place, f"{house_lat:.6f}", f"{house_lon:.6f}"])


def main(folder: Path) -> None:
    """Write everything that is made, not written by hand, into a folder."""
    (folder / "layers").mkdir(parents=True, exist_ok=True)
    # GeoPackage keeps the time of its last change; this one stands still.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-15T00:00:00.000Z"})
    masts = radio.read_masts(VATO / "masts.csv")
    grid = Grid.over(SURVEY_AREA)
    declarations = [LAYERS_HEAD]
    for edition in EDITIONS:
        path = folder / "layers" / f"{edition.name}.gpkg"
        claimed = claims(edition, masts, grid)
        write_geopackage(path, edition, claimed)
        declarations += declare(path, edition, masts, {level: len(parts) for level, parts in claimed.items()})
    (folder / "layers.toml").write_text("\n".join(declarations), encoding="utf-8")
    write_area(folder / "survey.geojson", SURVEY_AREA, "Survey area around Vätö")
    write_area(folder / "island.geojson", outline(), "Island in the place of Vätö")
    write_addresses(folder / "addresses.csv", houses())


def _toml(value: object) -> str:
    """Write one value; a date stands bare, a text in quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else VATO)
