"""The table of profiles: how a regulator publishes, so that nobody has to write its columns into each layers.toml.

Adding one is a row here. What a row's `columns` may hold is what `columns` in layers.toml may; that of layers.toml wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coverage_check.regulators import classes
from coverage_check.technology import Environment, Technology

Rows = Mapping[str, tuple[Any, ...]]
"""For each column the values of the rows that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one publisher's files are to be read.

    Attributes
    ----------
    columns
        As in layers.toml.
    crs
        Of the file, where it can't say so itself.
    value_of
        The column that decides, for each technology; empty if it is always the same.
    technologies, environments
        The rows of each; empty if a file has only one. What is not listed the publisher doesn't tell.
    speed
        The column that must hold at least the layer's `min_download_mbps`.
    signal
        The column that must hold at least the layer's `threshold_dbm`.
    """

    columns: Mapping[str, Any]
    crs: str | None = None
    value_of: Mapping[Technology, str] = field(default_factory=dict)
    technologies: Mapping[Technology, Rows] = field(default_factory=dict)
    environments: Mapping[Environment, Rows] = field(default_factory=dict)
    speed: str | None = None
    signal: str | None = None


PROFILES: Mapping[str, Profile] = {
    # Monthly mobile monitoring: how many of three operators serve a cell, 1.5 m above ground. Three is a claim for each of
    # them; one or two doesn't say whose, so it is no data for any. Names and counts as in the file of January 2024.
    "bnetza-grid": Profile(
        columns={"cell": "id", "classes": classes("bnetza")},
        crs="EPSG:25832",
        value_of={Technology.G2: "gsm_out", Technology.G4: "lte", Technology.G5: "nr_gesamt"},
    ),
    # Broadband Data Collection, mobile availability as CSV of H3 cells of resolution 9. Only claimed cells are listed. The
    # codes of technology and environment are assumptions; the columns are those of the FCC's specification.
    "fcc-bdc": Profile(
        columns={"h3": "h3_res9_id"},
        technologies={
            Technology.G3: {"technology": (300,)},
            Technology.G4: {"technology": (400,)},
            Technology.G5: {"technology": (500,)},
        },
        environments={Environment.OUTDOOR: {"environmnt": (0,)}, Environment.VEHICLE: {"environmnt": (1,)}},
        speed="mindown",
        signal="minsignal",
    ),
    # Levels 0 to 4 on a grid of 50 m. "Variable outdoor" (1) claims nothing, and denies only more than basic. How the levels
    # lie to basic, good and very good is an assumption, and so are the columns' names. Only for files of one technology:
    # levels that blend 4G and 5G can't say whether 4G is there.
    "ofcom-grid": Profile(
        columns={
            "x": "x",
            "y": "y",
            "size_m": 50,
            "value": "level",
            "classes": classes("ofcom"),
        },
        crs="EPSG:27700",
    ),
    # Polygons of an operator and technology, by level: limited, good and very good coverage. The column's name is an
    # assumption.
    "arcep": Profile(
        columns={"value": "niveau", "classes": classes("arcep")},
    ),
}
"""By the name that layers.toml has for it. Sources: Bundesnetzagentur, FCC, Ofcom and ARCEP, as docs/formats.md says."""
