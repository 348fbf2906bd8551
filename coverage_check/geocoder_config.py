"""The [geocoder] and [errors] tables of a config: plain values, read strictly. Keys and passwords stand in no file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from coverage_check.declaration import Table
from coverage_check.location import ErrorModel, LocationLevel, Match, Spread

Name = TypeVar("Name", LocationLevel, Match)


class GeocoderKind(StrEnum):
    """Which geocoder turns an address into a location."""

    REGISTER = "register"
    NOMINATIM = "nominatim"
    PHOTON = "photon"
    PELIAS = "pelias"
    LANTMATERIET = "lantmateriet"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheConfig:
    """Where answers are kept, how long, and whether batches use them, too."""

    path: Path
    days: float
    not_found_days: float
    batches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GeocoderConfig:
    """Which geocoder, and all that it needs but its keys. What a kind has no use for is empty.

    Attributes
    ----------
    path
        The register's file.
    url, token_url
        The server, and where Lantmäteriet gives tokens out; empty for the service's own.
    contact
        Who asks; the public Nominatim requires it.
    municipality_codes
        Where Lantmäteriet searches; empty for the whole country.
    deadline_s, max_bytes
        What one address may cost at a server; None for the usual.
    ca_file, proxy
        The authority of an internal server's certificate, and the proxy to go through; empty for none.
    agreement, sources
        Whether two sources of a chain must agree, and the sources in order.
    """

    kind: GeocoderKind
    country: str = "se"
    path: Path | None = None
    url: str = ""
    token_url: str = ""
    contact: str = ""
    attribution: str = ""
    municipality_codes: tuple[str, ...] = ()
    deadline_s: float | None = None
    max_bytes: int | None = None
    ca_file: str = ""
    proxy: str = ""
    agreement: bool = False
    sources: "tuple[GeocoderConfig, ...]" = ()
    cache: CacheConfig | None = None


def read_geocoder(table: Table) -> GeocoderConfig | None:
    """Read a [geocoder] table; None if it is empty or names no kind. Faults are noted in the table's document."""
    if not table.content:
        return None
    return _read(table, chained=False)


def _read(table: Table, *, chained: bool) -> GeocoderConfig | None:
    kind = table.optional_choice("kind", GeocoderKind)
    if kind is None:
        if "kind" not in table:
            table.fault(f"lacks 'kind': add one of {', '.join(GeocoderKind)}.")
        table.known.update(table.content)  # which keys belong here depends on the kind
        return None
    if kind is GeocoderKind.CHAIN:
        if chained:
            table.fault("is a chain in a chain: list all sources in one.", "kind")
        config = _chain(table)
    elif kind is GeocoderKind.REGISTER:
        country = table.text("country", "se").lower()
        config = GeocoderConfig(kind=kind, path=table.path("path"), country=country)
    else:
        config = _server(table, kind)
    return replace(config, cache=_cache(table))


def _chain(table: Table) -> GeocoderConfig:
    agreement = _flag(table, "agreement")
    items = table.items("sources")
    if len(items) < 1 + agreement:
        table.fault(
            "needs 'sources', two of them for agreement, such as "
            'sources = [{kind = "register", path = "r.sqlite"}, {kind = "nominatim", url = "http://localhost:8080"}].',
            "sources",
        )
    sources = tuple(source for item in items if (source := _read(item, chained=True)) is not None)
    return GeocoderConfig(kind=GeocoderKind.CHAIN, agreement=agreement, sources=sources)


def _server(table: Table, kind: GeocoderKind) -> GeocoderConfig:
    config = GeocoderConfig(
        kind=kind,
        url=_url(table, "url", None if kind is not GeocoderKind.LANTMATERIET else ""),
        deadline_s=table.number("deadline_s", low=0.001, high=600),
        max_bytes=table.count("max_bytes"),
        ca_file=str(table.path("ca_file")) if "ca_file" in table else "",
        proxy=_url(table, "proxy", ""),
    )
    table.known.add("ca_file")
    if kind is GeocoderKind.LANTMATERIET:
        codes = table.texts("municipality_codes")
        return replace(config, token_url=_url(table, "token_url", ""), municipality_codes=codes)
    attribution = table.text("attribution", "") if kind is GeocoderKind.PELIAS else ""
    country, contact = table.text("country", "se").lower(), table.text("contact", "")
    return replace(config, country=country, contact=contact, attribution=attribution)


def _url(table: Table, key: str, default: str | None) -> str:
    """Take a url; one that carries a password is a fault, and isn't shown."""
    url = table.text(key, default)
    try:
        secret = bool(urlsplit(url).username or urlsplit(url).password)
    except ValueError:
        secret = True
    if secret:
        table.fault(f"'{key}' is no plain url: write scheme, host and port alone; keys stand in the environment.", key)
        return ""
    return url


def _cache(table: Table) -> CacheConfig | None:
    days = table.number("cache_days", 30.0, low=0.001)
    not_found_days = table.number("cache_not_found_days", 1.0, low=0.001)
    batches = _flag(table, "cache_batches")
    table.known.add("cache")
    if "cache" not in table:
        for key in ("cache_days", "cache_not_found_days", "cache_batches"):
            if key in table:
                table.fault(f"has '{key}' without 'cache', the file to keep answers in.", key)
        return None
    path = table.path("cache")
    return CacheConfig(path=path, days=days or 30.0, not_found_days=not_found_days or 1.0, batches=batches)


def _flag(table: Table, key: str) -> bool:
    value = table.raw(key, default=False)
    if not isinstance(value, bool):
        table.fault(f"'{key}' must be true or false.", key)
        return False
    return value


def read_errors(table: Table) -> ErrorModel:
    """Read an [errors] table: urban, rural and gross over the defaults, level by level and match by match."""
    usual = ErrorModel()
    least_m = table.number("coordinates_least_m", low=0, high=1e6)
    return replace(
        usual,
        urban={**usual.urban, **_spreads(table.inline("urban"), usual.urban)},
        rural={**usual.rural, **_spreads(table.inline("rural"), usual.rural)},
        gross={**usual.gross, **_shares(table.inline("gross"))},
        coordinates_least_m=usual.coordinates_least_m if least_m is None else least_m,
    )


def _spreads(table: Table | None, usual: Mapping[LocationLevel, Spread]) -> dict[LocationLevel, Spread]:
    found: dict[LocationLevel, Spread] = {}
    for level in usual if table else ():
        if table and (given := table.inline(level.value)):
            half_m = given.number("cep50_m", usual[level].cep50_m, low=0, high=1e6) or 0.0
            most_m = given.number("cep95_m", usual[level].cep95_m, low=0, high=1e6) or 0.0
            if half_m > most_m:
                given.fault("has a 'cep50_m' above its 'cep95_m'.", level.value)
            found[level] = Spread(half_m, most_m)
    return found


def _shares(table: Table | None) -> dict[Match, float]:
    shares = {match: table.number(match.value, low=0, high=1) for match in Match} if table else {}
    return {match: share for match, share in shares.items() if share is not None}
