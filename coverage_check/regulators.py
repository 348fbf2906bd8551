"""How regulators and operators name their levels, and which of ours each of them is: one table, each row with its source.

The levels of this library are those of the Swedish agreement BÖ 2014:02. A product may be written in the words of another
scheme (`levels` in products.toml), and the profiles of coverage files take the meaning of a file's values from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coverage_check.technology import SignalLevel

NONE, VARIABLE, COVERED = "none", "variable", "covered"
"""What a value may mean besides a level: no coverage; too little to claim anything; covered, at no named level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulatorLevel:
    """One level of a scheme.

    Attributes
    ----------
    word
        As people write it.
    value
        As the scheme's files hold it.
    means
        One of our levels, or `none`, `variable` or `covered`; empty where it can't be said whose coverage it is.
    promises
        What the scheme says about it.
    """

    word: str
    value: str | int
    means: str
    promises: str

    @property
    def level(self) -> SignalLevel | None:
        """Our level, the lowest where the scheme names none; None where nothing is claimed."""
        if self.means == COVERED:
            return SignalLevel.BASIC
        return None if self.means in {NONE, VARIABLE, ""} else SignalLevel(self.means)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one country or regulator grades coverage.

    Attributes
    ----------
    source
        Where the levels are described.
    assumed
        What of the mapping is an assumption of this library; empty if nothing is.
    """

    source: str
    assumed: str
    levels: tuple[RegulatorLevel, ...]

    def named(self, word: str) -> RegulatorLevel | None:
        """Find a level by its word or value, whatever its case."""
        wanted = word.strip().casefold()
        return next((row for row in self.levels if wanted in {row.word.casefold(), str(row.value).casefold()}), None)


def _scheme(source: str, assumed: str, *rows: tuple[str, str | int, str, str]) -> Scheme:
    levels = tuple(RegulatorLevel(word=word, value=value, means=means, promises=said) for word, value, means, said in rows)
    return Scheme(source=source, assumed=assumed, levels=levels)


SCHEMES: Mapping[str, Scheme] = {
    "sweden": _scheme(
        "agreement BÖ 2014:02 of the operators and the consumer agency, in an operator's wording",
        "",
        ("bastäckning", "bas", "basic", "outdoors, telephone not in a pocket or bag"),
        ("god täckning", "god", "good", "good outdoors, may work indoors near a window"),
        ("mycket god täckning", "mycket god", "very_good", "probably indoors too"),
    ),
    "norway": _scheme(
        "the operators' legend: each level 10 dB above the one before",
        "that the three are those of BÖ 2014:02",
        ("basis", "basis", "basic", "telephone outdoors"),
        ("god", "god", "good", "10 dB above basis"),
        ("meget god", "meget god", "very_good", "20 dB above basis"),
    ),
    "ofcom": _scheme(
        "Ofcom, mobile coverage levels 0 to 4; the levels that blend 4G and 5G can't say which is there",
        "that 2, 3 and 4 are basic, good and very good",
        ("level 0", 0, NONE, "poor to none outdoors"),
        ("level 1", 1, VARIABLE, "variable outdoors"),
        ("level 2", 2, "basic", "good outdoors; nothing said of indoors"),
        ("level 3", 3, "good", "good outdoors, variable in the home"),
        ("level 4", 4, "very_good", "good outdoors and in the home"),
    ),
    "arcep": _scheme(
        "ARCEP, Mon réseau mobile; maps must be right in 98 % of field tests",
        "that CL, BC and TBC are basic, good and very good",
        ("couverture limitée", "CL", "basic", "outdoors in most cases, probably not indoors"),
        ("bonne couverture", "BC", "good", "outdoors in most cases, sometimes indoors"),
        ("très bonne couverture", "TBC", "very_good", "outdoors, and indoors in most cases"),
    ),
    "fcc": _scheme(
        "FCC, Broadband Data Collection: at the cell's edge at least 90 % probability at 50 % load; no levels",
        "that a claim outdoors is basic, and one in a moving vehicle good",
        ("outdoor stationary", 0, "basic", "outdoors, standing still"),
        ("in-vehicle", 1, "good", "in a moving vehicle"),
    ),
    "bnetza": _scheme(
        "Bundesnetzagentur, Mobilfunk-Monitoring: how many of three operators serve a cell, 1.5 m above ground",
        "that what is there outdoors is basic",
        ("0 operators", 0, NONE, "nobody"),
        ("1 operator", 1, "", "one of them: it is not said which"),
        ("2 operators", 2, "", "two of them: it is not said which"),
        ("3 operators", 3, COVERED, "each of them"),
    ),
}
"""By the name that products.toml has for them."""


def classes(scheme: str) -> dict[str, list[str | int]]:
    """Give the values of a scheme's files by what they mean, as `classes` in layers.toml does."""
    found: dict[str, list[str | int]] = {}
    for row in SCHEMES[scheme].levels:
        if row.means:
            found.setdefault(row.means, []).append(row.value)
    return found


def rows() -> Iterator[tuple[str, RegulatorLevel]]:
    """Give every level of every scheme, for documentation."""
    for name, scheme in SCHEMES.items():
        yield from ((name, row) for row in scheme.levels)
