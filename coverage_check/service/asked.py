"""What may be asked of /v1: the bodies of its requests, and how they become the library's questions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.decision import Decision, ReasonCode
from coverage_check.errors import InvalidInput
from coverage_check.ledger import Channel, Initiator, SaleContext
from coverage_check.location import Location
from coverage_check.order_rows import OrderRow
from coverage_check.technology import PlaceOfUse, Receiver

LETTER_OR_DIGIT = r"[\p{L}\p{N}]"
"""What an address has at least one of."""

_STRICT = ConfigDict(extra="forbid", frozen=True, use_enum_values=True)
_Code = Annotated[str, Field(min_length=1, max_length=64)]
_Reference = Annotated[str, Field(min_length=1, max_length=512)]
_Text = Annotated[str, Field(min_length=1, max_length=500)]


def _text_alone(value: object) -> object:
    """Refuse a number for a date: pydantic would take it for seconds since 1970."""
    if value is not None and not isinstance(value, str):
        raise ValueError("A day or a time is a text, such as 2026-05-01 or 2026-05-01T14:00:00Z.")
    return value


def _number_alone(value: object) -> object:
    """Refuse what JSON doesn't call a number, and pydantic would take for one."""
    if isinstance(value, bool | str):
        raise ValueError("It is a whole number.")  # noqa: TRY004 - pydantic's way to say so
    return value


_Day = Annotated[date | None, BeforeValidator(_text_alone)]
_Moment = Annotated[datetime | None, BeforeValidator(_text_alone)]
_Address = Annotated[str, Field(min_length=1, max_length=500, pattern=LETTER_OR_DIGIT)]
_Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
_Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
_Metres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False, strict=True)]

EXAMPLE: dict[str, JsonValue] = {"address": "Harg 12, 760 21 Vätö", "product": "mbb-4g", "on": "2025-11-01"}
REASONS_EXAMPLE: dict[str, JsonValue] = {
    "reasons": [{"code": "NO_COVERAGE", "message": "The nearest 4G that is strong enough is 960 m away."}]
}
POSITION_EXAMPLE: dict[str, JsonValue] = {"lat": 59.81248, "lon": 18.95771, "cep95_m": 20, "product": "mbb-4g"}


class Question(BaseModel):
    """A product at an address, or at a position in WGS 84 degrees: one of the two."""

    model_config = _STRICT | ConfigDict(json_schema_extra={"examples": [EXAMPLE, POSITION_EXAMPLE]})

    product: _Code
    address: _Address | None = None
    lat: _Lat | None = None
    lon: _Lon | None = None
    cep95_m: Annotated[
        _Metres | None, Field(description="The position is within so many metres; else its digits say it.")
    ] = None
    on: Annotated[_Day, Field(description="The day that is asked about; today if none.")] = None
    at: PlaceOfUse | None = None
    receiver: Receiver | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Question":
        if (self.lat is None) != (self.lon is None) or (self.address is None) == (self.lat is None):
            raise ValueError("Give an address, or both lat and lon.")
        if self.cep95_m is not None and self.lat is None:
            raise ValueError("cep95_m is of a position: give lat and lon with it.")
        return self

    def row(self, checker: Checker) -> OrderRow:
        """Make the row that a checker decides."""
        return OrderRow(
            product=self.product,
            address=self.address,
            location=self._location(checker),
            on=self.on,
            at=self.at,
            receiver=self.receiver,
        )

    def request(self, checker: Checker) -> Request:
        """Make the library's question."""
        row = self.row(checker)
        return Request(
            product=row.product, address=row.address, location=row.location, on=row.on, at=row.at, receiver=row.receiver
        )

    def _location(self, checker: Checker) -> Location | None:
        if self.lat is None or self.lon is None:
            return None
        if self.cep95_m is None:
            return Location.written(lat=str(self.lat), lon=str(self.lon), errors=checker.errors)
        return Location.at(lat=self.lat, lon=self.lon, cep95_m=self.cep95_m)


class Sale(BaseModel):
    """What is to be shown later of the sale that a check is for; recorded with it."""

    model_config = _STRICT

    customer: _Reference | None = None
    seller: _Reference | None = None
    channel: Channel = Channel.OTHER
    begun_by: Initiator = Initiator.UNKNOWN
    confirmed: _Text | None = None
    told: Literal["sv", "en"] = "sv"
    at: _Moment = None

    def context(self, decision: Decision) -> SaleContext:
        """Make the record of the sale."""
        return SaleContext(
            at=self.at,
            channel=Channel(self.channel),
            initiated_by=Initiator(self.begun_by),
            promised_product=decision.product.code,
            address_typed=decision.address.given,
            address_confirmed=self.confirmed,
            sentence_told=decision.sentence.sv if self.told == "sv" else decision.sentence.en,
            seller=self.seller or "",
            subject=self.customer or "",
        )


class CheckBody(Question):
    """A question, and perhaps the sale that it is for."""

    sale: Sale | None = None


class BatchBody(BaseModel):
    """Many questions; there are as many answers, in the same order."""

    model_config = _STRICT | ConfigDict(json_schema_extra={"examples": [{"rows": [EXAMPLE, POSITION_EXAMPLE]}]})

    rows: Annotated[list[Any], Field(min_length=1, max_length=1000, description="Each as the body of /v1/check.")]


class SuggestBody(BaseModel):
    """An address that is still being typed."""

    model_config = _STRICT | ConfigDict(json_schema_extra={"examples": [{"text": "Harg 1"}]})

    text: Annotated[str, Field(max_length=200)]
    limit: Annotated[int, Field(ge=1, le=20), BeforeValidator(_number_alone)] = 8


class MapBody(BaseModel):
    """A square around a place, and the layers to be drawn there."""

    model_config = _STRICT

    lat: _Lat
    lon: _Lon
    radius_m: Annotated[float, Field(ge=100, le=20_000, allow_inf_nan=False, strict=True)] = 3_000
    layers: Annotated[list[_Code], Field(max_length=12)]


class ReasonBody(BaseModel):
    """A reason of a decision."""

    model_config = _STRICT

    code: ReasonCode
    message: Annotated[str, Field(max_length=2_000)]


class ReasonsBody(BaseModel):
    """A decision's reasons, to be said in Swedish."""

    model_config = _STRICT | ConfigDict(json_schema_extra={"examples": [REASONS_EXAMPLE]})

    reasons: Annotated[list[ReasonBody], Field(max_length=24)]


class ConfirmationBody(BaseModel):
    """A decision, as /v1/check gave it."""

    model_config = _STRICT

    decision: dict[str, Any]
    language: Literal["sv", "en"] = "sv"


def read_row(row: Any, checker: Checker) -> OrderRow | InvalidInput:
    """Read one row of a batch; a row with a fault keeps it as its answer."""
    try:
        return Question.model_validate(row).row(checker)
    except InvalidInput as error:
        return error
    except ValueError as error:  # pydantic's, whose text may repeat what was given
        return InvalidInput(f"The row can't be read: {faults_text(getattr(error, 'errors', list)())}")


def faults_text(faults: Any) -> str:
    """Say where a body is wrong and how, without repeating what it holds."""
    said = []
    for fault in list(faults)[:5]:
        where = ".".join(str(part) for part in fault.get("loc", ()) if part != "body" and _is_name(part)) or "body"
        said.append(f"{where}: {str(fault['msg']).removeprefix('Value error, ').rstrip('.')}")
    return "; ".join(said) + "."


_BODIES = (CheckBody, Sale, BatchBody, SuggestBody, MapBody, ConfirmationBody, ReasonsBody, ReasonBody)
_NAMES = {name for body in _BODIES for name in body.model_fields}


def _is_name(part: object) -> bool:
    """Whether a part of a path is ours: a key that we don't know may be anything that somebody typed."""
    return isinstance(part, int) or part in _NAMES
