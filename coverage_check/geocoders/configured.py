"""From a config's plain values to the geocoder that they describe."""

from coverage_check.config import LocatingConfig
from coverage_check.errors import DeclarationError, InvalidInput, MissingFile
from coverage_check.geocoder_config import GeocoderConfig, GeocoderKind
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.limits import DEADLINE_S, MAX_BYTES, Limits
from coverage_check.geocoders.register import Register
from coverage_check.location import ErrorModel


def open_geocoder(config: LocatingConfig) -> Geocoder | None:
    """Make the geocoder that a config describes, or None if it has none. A register is opened, and no server asked yet.

    Raises
    ------
    MissingFile, RegisterInvalid, FileRefused
        Its register, its cache or its certificate authority can't be used.
    DeclarationError
        A url that names no server, the public Nominatim without a contact, or no credentials in the environment.
    """
    try:
        return None if config.geocoder is None else _open(config.geocoder, config.errors)
    except InvalidInput as error:
        raise DeclarationError([f"{config.path.name}: [geocoder] {error}"]) from None


def _open(config: GeocoderConfig, errors: ErrorModel) -> Geocoder:
    geocoder = _chain(config, errors) if config.kind is GeocoderKind.CHAIN else _source(config, errors)
    cache = config.cache
    if cache is None:
        return geocoder
    return Cached(
        geocoder,
        cache.path,
        max_age_days=cache.days,
        max_age_not_found_days=cache.not_found_days,
        for_batches=cache.batches,
        errors=errors,
    )


def _chain(config: GeocoderConfig, errors: ErrorModel) -> Chain:
    sources = [_open(source, errors) for source in config.sources]
    return Chain(sources, agreement=config.agreement, errors=errors)


def _source(config: GeocoderConfig, errors: ErrorModel) -> Geocoder:
    if config.kind is GeocoderKind.REGISTER:
        if config.path is None:
            raise MissingFile("The config names no register: add its path.")
        return Register.open(config.path, errors=errors)
    return _server(config, errors)


def _server(config: GeocoderConfig, errors: ErrorModel) -> Geocoder:
    """Make a server's client; its classes load the network's libraries, which a register never needs."""
    from coverage_check.geocoders.lantmateriet import TOKEN_URL, URL, Lantmateriet  # noqa: PLC0415
    from coverage_check.geocoders.nominatim import Nominatim  # noqa: PLC0415
    from coverage_check.geocoders.pelias import Pelias  # noqa: PLC0415
    from coverage_check.geocoders.photon import Photon  # noqa: PLC0415

    limits = Limits(
        deadline_s=DEADLINE_S if config.deadline_s is None else config.deadline_s,
        max_bytes=MAX_BYTES if config.max_bytes is None else config.max_bytes,
        ca_file=config.ca_file,
        proxy=config.proxy,
    )
    if config.kind is GeocoderKind.LANTMATERIET:
        return Lantmateriet(
            municipality_codes=config.municipality_codes,
            url=config.url or URL,
            token_url=config.token_url or TOKEN_URL,
            limits=limits,
            errors=errors,
        )
    country, contact = config.country, config.contact
    if config.kind is GeocoderKind.NOMINATIM:
        return Nominatim(config.url, country=country, contact=contact, limits=limits, errors=errors)
    if config.kind is GeocoderKind.PHOTON:
        return Photon(config.url, country=country, contact=contact, limits=limits, errors=errors)
    pelias = {"attribution": config.attribution} if config.attribution else {}
    return Pelias(config.url, country=country, contact=contact, limits=limits, errors=errors, **pelias)
