"""P_yes of decisions over a made layer against a million draws each: by how many percentage points they differ.

    python -m tests.benchmarks.import_at_scale --size county --layers 2 --folder made/
    python -m tests.benchmarks.probability --size county --folder made/

The draws ask the index, which `exactness.py` holds to GEOS, for the distance of every one. Places lie where they lie in that
country, and half of them within 300 m of an edge, where it matters.
"""

import argparse
import math
from datetime import date
from pathlib import Path

import numpy as np
from pyproj import Transformer

import coverage_check as cc
from coverage_check.location import LocationLevel
from coverage_check.products import Catalogue, Need, Product
from coverage_check.reliability import Reliability
from coverage_check.technology import PlaceOfUse, Receiver, SignalLevel, Technology
from tests.benchmarks.import_at_scale import snapshot_of
from tests.benchmarks.made_coverage import LAYERS

DRAWS = 1_000_000
ERRORS_M = ((5.0, 15.0), (15.0, 100.0), (40.0, 195.0), (168.0, 2_900.0))
"""CEP50 and CEP95: a good position, an address, a parcel, a house between its neighbours."""

PRODUCT = Product(
    code="outdoors",
    name="4G outdoors",
    network="made",
    place_of_use=PlaceOfUse.OUTDOORS,
    receiver=Receiver.HANDSET,
    any_of=(Need(technology=Technology.G4, min_level=SignalLevel.BASIC),),
)


def drawn(snapshot: cc.Snapshot, place: cc.Location, rng: np.random.Generator) -> float:
    """Give P_yes by drawing where the customer may be."""
    x0, y0 = snapshot.to_metric(lon=place.lon, lat=place.lat)
    sigma = math.log(place.cep95_m / place.cep50_m) / 1.645
    radius = place.cep50_m * np.exp(sigma * rng.standard_normal(DRAWS))
    angle = rng.uniform(0, 2 * math.pi, DRAWS)
    found = snapshot.lookup(x=x0 + radius * np.cos(angle), y=y0 + radius * np.sin(angle))
    served = np.zeros(DRAWS)
    for column, layer in enumerate(snapshot.layers):
        inside = found.covered[:, column]
        reliable = Reliability.of(layer).at(found.edge_distance_m[inside, column])
        served[inside] = np.maximum(served[inside], reliable)
    return float(served.mean()) * (1 - place.gross_error)


def main() -> None:
    """Print the differences for each error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["county", "region", "national"], default="county")
    parser.add_argument("--folder", type=Path, default=Path("build/made-coverage"))
    parser.add_argument("--places", type=int, default=100)
    asked = parser.parse_args()
    snapshot = cc.Snapshot.open(snapshot_of(asked.folder, asked.size, list(LAYERS)[:2], whole=False))
    checker = cc.Checker(snapshot=snapshot, products=Catalogue({PRODUCT.code: PRODUCT}))
    degrees = Transformer.from_crs(snapshot.metric_crs, 4326, always_xy=True)
    rng = np.random.default_rng(1)
    customers = np.load(asked.folder / f"{asked.size}-points.npy")[: 100 * asked.places]
    near = np.abs(snapshot.lookup(x=customers[:, 0], y=customers[:, 1]).edge_distance_m).min(axis=1) < 300
    half = asked.places // 2
    chosen = np.concatenate([customers[near][:half], customers[: asked.places - half]])
    for cep50_m, cep95_m in ERRORS_M:
        off = []
        for x, y in chosen.tolist():
            lon, lat = degrees.transform(x, y)
            level = LocationLevel.BUILDING
            place = cc.Location(lat=lat, lon=lon, level=level, cep50_m=cep50_m, cep95_m=cep95_m, gross_error=0)
            ours = checker.check_location(place, product=PRODUCT.code, on=date(2025, 11, 1)).probability
            off.append(100 * abs(ours - drawn(snapshot, place, rng)))
        print(
            f"{cep50_m:g} / {cep95_m:g} m: {len(off)} places, mean {np.mean(off):.2f}, "
            f"95 % within {np.quantile(off, 0.95):.2f}, worst {max(off):.2f} percentage points"
        )


if __name__ == "__main__":
    main()
