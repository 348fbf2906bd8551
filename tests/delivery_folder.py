"""A made delivery: coverage files and the layers.toml that describes them, in a folder of a test."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from coverage_check.coverage.snapshot import Snapshot, import_layers

METRIC = "EPSG:3006"
"""SWEREF 99 TM. Vätö lies around X, Y."""

X, Y = 721_000.0, 6_636_000.0


def square(x: float, y: float, size: float) -> shapely.Polygon:
    """Make a square by its lower left corner, metres from X, Y."""
    made: shapely.Polygon = shapely.box(X + x, Y + y, X + x + size, Y + y + size)
    return made


class DeliveryFolder:
    """Files and layers are added one by one; `take` imports them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables: list[dict[str, Any]] = []
        path.mkdir(exist_ok=True)

    def write(
        self,
        name: str,
        geometries: Sequence[shapely.Geometry | None],
        *,
        crs: str | None = METRIC,
        columns: Mapping[str, Sequence[Any]] | None = None,
        **options: Any,
    ) -> Path:
        """Write geometries with a GDAL driver that is chosen by the name's suffix."""
        path = self.path / name
        driver = {".kml": "LIBKML", ".tab": "MapInfo File"}.get(path.suffix)
        made = np.array(list(geometries), dtype=object)
        if path.suffix == ".gpkg":
            options.setdefault("layer", "coverage")
        options.setdefault("geometry_type", "Unknown" if path.suffix in {".gpkg", ".geojson", ".kml"} else "Polygon")
        pyogrio.raw.write(
            str(path),
            geometry=shapely.to_wkb(made),
            field_data=[np.array(values) for values in (columns or {"id": range(len(made))}).values()],
            fields=list(columns or {"id": ()}),
            crs=crs,
            driver=driver,
            **options,
        )
        return path

    def text(self, name: str, content: str | bytes) -> Path:
        """Write a file as it stands."""
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def layer(self, id_: str, file: str, **keys: Any) -> None:
        """Declare a layer; keys override the usual ones, and None leaves one out."""
        usual = {
            "network": "Exempelnät",
            "country": "SE",
            "technology": "4G",
            "service": "data",
            "level": "good",
            "threshold_dbm": -105,
            "survey_area": "everywhere",
            "published": date(2025, 10, 1),
        }
        keys = {"layer": keys.pop("table", None), **usual, **keys}
        self.tables.append({"id": id_, "file": file, **{key: value for key, value in keys.items() if value is not None}})

    def toml(self, *, metric_crs: str = METRIC, land: str | None = None) -> Path:
        """Write layers.toml, one key a line."""
        lines = ["format = 1", f'metric_crs = "{metric_crs}"', *([f'land = "{land}"'] if land else [])]
        for table in self.tables:
            lines += ["", "[[layer]]", *(f"{key} = {_value(value)}" for key, value in table.items())]
        path = self.path / "layers.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def take(self, output: str = "snapshot", **options: Any) -> Snapshot:
        """Import everything."""
        toml = self.toml(metric_crs=options.pop("metric_crs", METRIC), land=options.pop("land", None))
        return import_layers(toml, self.path / output, **options)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_value(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
