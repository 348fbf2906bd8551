"""A snapshot: operators' layers compiled into an immutable folder whose id is the hash of its content.

snapshot = import_layers("layers.toml", "snapshot/")
snapshot = Snapshot.open("snapshot/")
snapshot.lookup(lon=18.95, lat=59.82).covered
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.coverage.manifest import Manifest
from coverage_check.coverage.quality import Quality
from coverage_check.coverage.rings import Rings
from coverage_check.declaration import nearest
from coverage_check.errors import InvalidInput, SnapshotInvalid
from coverage_check.layer import Layer

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyproj import Transformer

    from coverage_check.coverage.index import Index
    from coverage_check.coverage.lookup import Areas, Columns, Floats, Lookup
    from coverage_check.coverage.picture import Picture
    from coverage_check.coverage.sources.features import Geometries

Progress = Callable[[int, int, str], None]
"""Told how many steps are done, of how many, and what was done last."""

HASHED_ON_OPEN_BYTES = 2 << 20
"""Up to this size `open` reads every byte and compares hashes, in a millisecond or two; above, only lengths: a national
snapshot has gigabytes, and opening would take seconds and undo the mapping into memory. `verify` always reads everything."""

MAX_LON, MAX_LAT = 180.0, 90.0

_SURVEYS: Mapping[str, Callable[[Layer], tuple[float, float, float, float] | None]] = {
    "bounds": lambda layer: layer.bounds,
    "everywhere": lambda _: None,
}


def import_layers(  # noqa: PLR0913 - each is a wish of its own
    layers_toml: str | Path,
    output: str | Path,
    *,
    overwrite: bool = False,
    previous: str | Path | None = None,
    accept: Collection[str] = (),
    calibration: str | Path | None = None,
    progress: Progress | None = None,
) -> "Snapshot":
    """Compile the layers that a layers.toml describes into a snapshot, written whole or not at all.

    Parameters
    ----------
    layers_toml
        What the files mean; paths in it are relative to its folder.
    output
        The folder to write. A snapshot of the same content that is there already is left as it is.
    overwrite
        Whether another snapshot there may be replaced.
    previous
        The snapshot of the last delivery: a claim that is gone, or whose area changed by more than a
        tenth, stops the import.
    accept
        Such changes that are right all the same: ``AREA_CHANGED:layer-id``, ``LAYER_GONE:layer-id``; also
        ``CURVE_OF_ANOTHER_DELIVERY:layer-id``, where a curve still holds.
    calibration
        A CURVES.toml of `calibrate`: what was measured takes the place of what its layers declare of their reliability.
    progress
        Called after each step with what is done, of how many steps, and what it was; the last tells where the time went.

    Raises
    ------
    ImportFailed
        The files aren't what they are declared to be; every fault of every layer is in `faults`, and nothing was written.
    MissingFile
        There is no layers.toml, or no such calibration.
    MissingExtra
        A format needs an optional dependency.
    OutputRefused
        The folder can't be written, or holds something else.
    SnapshotInvalid
        `previous` is no sound snapshot.
    """
    from coverage_check.coverage.importing import Beside, write_snapshot  # noqa: PLC0415 - opening a snapshot needs none of it

    beside = Beside(
        previous=None if previous is None else Snapshot.open(previous),
        accept=accept,
        calibration=None if calibration is None else Path(calibration),
    )
    tell = progress or (lambda *_: None)
    write_snapshot(Path(layers_toml), Path(output), beside, overwrite=overwrite, progress=tell)
    return Snapshot.open(output)


class Snapshot:
    """An opened snapshot: read-only, shared by threads and forked workers, picklable by its path.

    Attributes
    ----------
    path
        Its folder.
    id
        SHA-256 of its content.
    layers
        What its layers claim, in the order of layers.toml.
    metric_crs
        The CRS of its geometry and distances.
    quality
        What the import found out.
    versions
        Of coverage_check, geos, proj and gdal at the import.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.id = manifest.id
        self.layers: tuple[Layer, ...] = tuple(layer.claim for layer in manifest.layers)
        self.metric_crs = manifest.metric_crs
        self.quality: Quality = manifest.quality
        self.versions: Mapping[str, str] = manifest.versions
        self._manifest = manifest
        self._opened: Index | None = None
        self._laid_out: Columns | None = None
        self._transformer: Transformer | None = None

    @classmethod
    def open(cls, path: str | Path) -> "Snapshot":
        """Open a snapshot and check that it is as it was imported; see `HASHED_ON_OPEN_BYTES`.

        Raises
        ------
        SnapshotInvalid
            It is missing, incomplete, changed or of another format version.
        """
        folder = Path(path)
        manifest = Manifest.read(folder)
        manifest.check_files(folder, contents=manifest.size < HASHED_ON_OPEN_BYTES)
        return cls(folder.absolute(), manifest)

    def verify(self) -> None:
        """Read every byte and compare it with the hashes of the import.

        Raises
        ------
        SnapshotInvalid
            Something changed.
        """
        if Manifest.read(self.path).id != self.id:
            raise SnapshotInvalid(f"{self.path} was replaced since it was opened: open it again.")
        self._manifest.check_files(self.path, contents=True)

    def lookup(
        self,
        *,
        lon: "npt.ArrayLike | None" = None,
        lat: "npt.ArrayLike | None" = None,
        x: "npt.ArrayLike | None" = None,
        y: "npt.ArrayLike | None" = None,
    ) -> "Lookup":
        """Ask every layer about points.

        Parameters
        ----------
        lon, lat
            Degrees, WGS 84: numbers or arrays of one dimension and the same length; a number is one point.
        x, y
            The same in the metric CRS, metres.

        Raises
        ------
        InvalidInput
            Neither or both pairs were given, their shapes differ, or a number is not finite or no degree.
        """
        from coverage_check.coverage.lookup import look_up, look_up_placed  # noqa: PLC0415 - to describe a snapshot takes none

        if lon is not None and lat is not None and x is None and y is None:
            return look_up_placed(self._index, self._columns, *self.to_metric(lon=lon, lat=lat))
        if x is not None and y is not None and lon is None and lat is None:
            return look_up(self._index, self._columns, *_points(x, y, names="x and y"))
        raise InvalidInput("a look-up needs either lon and lat, or x and y: give one pair.")

    @property
    def areas(self) -> "Areas":
        """The same answers for one layer at a time."""
        from coverage_check.coverage.lookup import Areas  # noqa: PLC0415 - to describe a snapshot takes none

        return Areas(self._index, self._columns)

    def to_metric(self, *, lon: "npt.ArrayLike", lat: "npt.ArrayLike") -> "tuple[Floats, Floats]":
        """Carry degrees, WGS 84, into the metric CRS; a place that it doesn't have becomes infinite.

        Raises
        ------
        InvalidInput
            Shapes differ, or a number is not finite or no degree.
        """
        lon, lat = _points(lon, lat, names="lon and lat")
        if (abs(lon) > MAX_LON).any() or (abs(lat) > MAX_LAT).any():
            raise InvalidInput(
                "lon must lie within ±180 and lat within ±90 degrees: were they exchanged, or are they metres?"
            )
        if self._transformer is None:
            from pyproj import Transformer  # noqa: PLC0415

            self._transformer = Transformer.from_crs(4326, self.metric_crs, always_xy=True)
        x, y = self._transformer.transform(lon, lat)
        return x, y

    def moved(self, lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
        """Give the latitude and longitude of a place so many metres of the metric CRS east and north of another."""
        x, y = self.to_metric(lon=lon, lat=lat)
        if self._transformer is None:  # to_metric has made it
            raise AssertionError
        there = self._transformer.transform(x[0] + east_m, y[0] + north_m, direction="INVERSE")
        return float(there[1]), float(there[0])

    def polygons(self, layer: str) -> "Geometries":
        """Give the polygons of a layer's union, in the metric CRS, for maps and for checks; `lookup` is what answers.

        Raises
        ------
        InvalidInput
            The snapshot has no layer of that id.
        """
        areas = {stored.claim.id: stored.area for stored in self._manifest.layers}
        if layer not in areas:
            raise InvalidInput(f"the snapshot has no layer {layer!r}{nearest(layer, areas) or '.'}")
        return Rings.indexed(self._index, areas[layer]).polygons()

    def survey_polygons(self, layer: str) -> "Geometries | None":
        """Give the area that a layer speaks about, as `polygons` gives its union; None for everywhere.

        Raises
        ------
        InvalidInput
            The snapshot has no layer of that id.
        """
        surveys = dict(zip((each.id for each in self.layers), self._surveys(), strict=True))
        if layer not in surveys:
            raise InvalidInput(f"the snapshot has no layer {layer!r}{nearest(layer, surveys) or '.'}")
        survey = surveys[layer]
        if isinstance(survey, int):
            return Rings.indexed(self._index, survey).polygons()
        if survey is None:
            return None
        import shapely  # noqa: PLC0415

        west, south, east, north = survey
        return shapely.box([west], [south], [east], [north])

    def explore(
        self,
        *,
        layers: Sequence[str] | None = None,
        bounds: tuple[float, float, float, float] | None = None,
        lon: "npt.ArrayLike" = (),
        lat: "npt.ArrayLike" = (),
        labels: Sequence[str] = (),
    ) -> "Picture":
        """Show layers on a map for notebooks that needs no network, each with a box to tick.

        It is simplified for display: ask `lookup`, not the map.

        Parameters
        ----------
        layers
            Their ids, the first at the bottom; all where none is named, and then the first is ticked.
        bounds
            West, south, east and north, degrees, WGS 84; None for the layers whole.
        lon, lat
            Places to show on top, degrees, WGS 84: numbers or arrays as in `lookup`.
        labels
            What each place says under the mouse.

        Raises
        ------
        InvalidInput
            A layer that the snapshot doesn't have, bounds that aren't, or places as `lookup` refuses them.
        """
        from coverage_check.coverage.exploring import explore  # noqa: PLC0415 - only a map draws

        return explore(self, layers=layers, bounds=bounds, places=self.to_metric(lon=lon, lat=lat), labels=labels)

    @property
    def _index(self) -> "Index":
        """What answers, opened at the first question; without a lock, which a fork might inherit held."""
        if self._opened is None:
            from coverage_check.coverage.index import Index  # noqa: PLC0415 - a snapshot that is only described needs none

            self._opened = Index.open(self.path)
        return self._opened

    @property
    def _columns(self) -> "Columns":
        if self._laid_out is None:
            from coverage_check.coverage.lookup import Columns  # noqa: PLC0415

            self._laid_out = Columns(claims=[layer.area for layer in self._manifest.layers], surveys=self._surveys())
        return self._laid_out

    def _surveys(self) -> "list[int | tuple[float, float, float, float] | None]":
        """Give each layer's survey area: its number in the index, its bounds, or None for everywhere."""
        return [
            _SURVEYS[layer.claim.survey](layer.claim) if layer.survey_area is None else layer.survey_area
            for layer in self._manifest.layers
        ]

    def __reduce__(self) -> "tuple[Callable[[Path], Snapshot], tuple[Path]]":
        return Snapshot.open, (self.path,)

    def __repr__(self) -> str:
        return f"<Snapshot {self.id[:12]} with {len(self.layers)} layers>"


def _points(first: "npt.ArrayLike", second: "npt.ArrayLike", *, names: str) -> "tuple[Floats, Floats]":
    """Take a pair of numbers or arrays, at least one-dimensional from here on."""
    import numpy as np  # noqa: PLC0415

    try:
        one, other = np.array(first, np.float64, ndmin=1, copy=None), np.array(second, np.float64, ndmin=1, copy=None)
    except (TypeError, ValueError):
        raise InvalidInput(f"{names} must be numbers.") from None
    if one.shape != other.shape or one.ndim > 1:
        raise InvalidInput(f"{names} must be two numbers, or two lists of the same length.")
    # A sum is finite only if all its terms are, and one number is sooner looked at than two arrays.
    if not (math.isfinite(one.sum()) and math.isfinite(other.sum())) and not np.isfinite([one, other]).all():
        raise InvalidInput(f"{names} must be finite: take out the rows without a position.")
    return one, other
