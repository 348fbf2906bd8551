"""A radio model small enough to read: how strong a network is at a place, and which level that is worth.

    median signal = radiated power - path loss (Hata 1980) - shadowing (value noise that looks like terrain)
    a level is claimed where median signal - fade margin >= the level's threshold

Assumptions are marked [A]; every other figure has its source beside it. All positions are SWEREF 99 TM (EPSG:3006), metres.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

Metres = npt.NDArray[np.float64]
Decibels = npt.NDArray[np.float64]

BASIC_DBM = {
    "3G": -100.0,  # RSCP outdoors: Ofcom, Connected Nations
    "4G": -105.0,  # RSRP outdoors: Ofcom, Connected Nations
    "5G": -105.0,  # SS-RSRP: taken as for 4G [A]
}
"""Weakest signal that basic coverage needs, by technology, dBm."""

STEP_DB = {"basic": 0.0, "good": 10.0, "very_good": 20.0}
"""How much more than basic a level needs: Norway's basis, god (+10 dB) and meget god (+20 dB)."""

RESIDUAL_SD_DB = 6.0
"""Standard deviation of what no map knows: trees, cars, the neighbour's roof [A]."""

EDGE_PROBABILITY = 0.90
"""Probability of service at the edge of a claim: the least that the FCC's Broadband Data Collection accepts."""

FADE_MARGIN_DB = 1.2816 * RESIDUAL_SD_DB
"""A median signal is too weak half of the time. 1.2816 is the normal distribution's 90th percentile."""

SHADOW_OCTAVES = ((1_600, 9.0), (800, 6.0), (400, 4.5), (200, 3.0))
"""Wavelength in metres and amplitude in dB of each layer of noise: ridges, knolls, groves, rocks [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """One transmitter. A site with three technologies is three rows of masts.csv.

    Attributes
    ----------
    site
        An invented name of an invented site.
    height_m
        Of the antenna above ground; Hata's model holds from 30 m.
    eirp_dbm
        Power of the reference signal in the direction of the beam, which is what thresholds speak of: the pilot channel in
        3G, one resource element in 4G and 5G (some 28 dB below the power of a whole 10 MHz carrier).
    on_air_from, on_air_until
        First and last day on the air; no last day is known while the mast serves on.
    """

    site: str
    lat: float
    lon: float
    technology: str
    band_mhz: float
    height_m: float
    eirp_dbm: float
    on_air_from: date
    on_air_until: date | None

    def on_air(self, day: date) -> bool:
        """Whether the mast serves on that day."""
        return self.on_air_from <= day and (self.on_air_until is None or day <= self.on_air_until)


def read_masts(path: Path) -> list[Mast]:
    """Read masts.csv; its header holds the names of the attributes."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Mast(
                site=row["site"],
                lat=float(row["lat"]),
                lon=float(row["lon"]),
                technology=row["technology"],
                band_mhz=float(row["band_mhz"]),
                height_m=float(row["height_m"]),
                eirp_dbm=float(row["eirp_dbm"]),
                on_air_from=date.fromisoformat(row["on_air_from"]),
                on_air_until=date.fromisoformat(row["on_air_until"]) if row["on_air_until"] else None,
            )
            for row in csv.DictReader(file)
        ]


def threshold_dbm(technology: str, level: str) -> float:
    """Give the signal that a level needs, dBm."""
    return BASIC_DBM[technology] + STEP_DB[level]


def hata_suburban_loss_db(
    distance_m: Metres, *, band_mhz: float, mast_height_m: float, receiver_height_m: float = 1.5
) -> Decibels:
    """Give the median path loss of Hata's formula for suburban areas, dB.

    Houses among trees stand for a suburb here [A]. The formula holds for 150-1500 MHz, masts of 30-200 m, receivers of
    1-10 m and distances of 1-20 km; below 1 km it is used as it stands, and below 100 m the loss is that at 100 m [A].

    Source: M. Hata, Empirical Formula for Propagation Loss in Land Mobile Radio Services, IEEE Trans. Veh. Technol. 29,
    1980.
    """
    log_f = np.log10(band_mhz)
    log_h = np.log10(mast_height_m)
    receiver_gain = (1.1 * log_f - 0.7) * receiver_height_m - (1.56 * log_f - 0.8)
    urban_at_1_km = 69.55 + 26.16 * log_f - 13.82 * log_h - receiver_gain
    suburban_gain = 2 * np.log10(band_mhz / 28) ** 2 + 5.4
    decibels_per_decade = 44.9 - 6.55 * log_h
    distance_km = np.maximum(distance_m, 100.0) / 1_000
    loss: Decibels = urban_at_1_km - suburban_gain + decibels_per_decade * np.log10(distance_km)
    return loss


def hashed(i: npt.ArrayLike, j: npt.ArrayLike, seed: int) -> npt.NDArray[np.float64]:
    """Turn whole numbers into a number in [-1, 1) that looks random and is the same on every machine.

    The mixing is that of MurmurHash3's finisher, in 64 bits.
    """
    with np.errstate(over="ignore"):  # numbers too great for 64 bits wrap around, which is what mixes them
        bits = np.asarray(i, np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits ^= np.asarray(j, np.int64).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(seed)
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            bits = (bits ^ (bits >> np.uint64(33))) * np.uint64(factor)
        bits ^= bits >> np.uint64(33)
    return (bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1


def value_noise(x: Metres, y: Metres, *, wavelength_m: float, seed: int) -> npt.NDArray[np.float64]:
    """Give a smooth random surface between -1 and 1: random heights at the corners of a lattice, eased in between."""
    u, v = x / wavelength_m, y / wavelength_m
    i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    s, t = _ease(u - i), _ease(v - j)
    south = hashed(i, j, seed) * (1 - s) + hashed(i + 1, j, seed) * s
    north = hashed(i, j + 1, seed) * (1 - s) + hashed(i + 1, j + 1, seed) * s
    return south * (1 - t) + north * t


def shadowing_db(x: Metres, y: Metres, *, seed: int) -> Decibels:
    """Give what the ground takes from every signal at a place, dB: positive in hollows, negative on ridges.

    Real shadowing also depends on where the mast stands. One surface for all masts keeps the model short: a place that is
    hard to reach is hard to reach for everyone.
    """
    loss = np.zeros_like(x)
    for octave, (wavelength_m, amplitude_db) in enumerate(SHADOW_OCTAVES):
        loss += amplitude_db * value_noise(x, y, wavelength_m=wavelength_m, seed=seed + octave)
    return loss


def _ease(fraction: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Go from 0 to 1 with a level start and end."""
    return fraction * fraction * (3 - 2 * fraction)
