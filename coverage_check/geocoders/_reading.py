"""How an HTTP response becomes JSON, or the error that says why it doesn't: status, bytes, text, values."""

import email.utils
import json
import re
import time
import zlib
from typing import TYPE_CHECKING, Any, NoReturn

from coverage_check.errors import GeocoderAnswerInvalid, GeocoderRateLimited, GeocoderRefused, GeocoderUnavailable

if TYPE_CHECKING:
    from requests import Response

_BLOCK = 1 << 16
_MAX_DEPTH = 32
_MAX_DIGITS = 40
# A string that never ends matches, too: else a text of quotes would be searched again from each of them.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)
_GZIP = 16 + zlib.MAX_WBITS


class PerhapsLaterError(Exception):
    """A failure that another attempt may mend, with the error to raise if it doesn't.

    Attributes
    ----------
    wait_s
        How long the server asks to wait, seconds; None if it doesn't say.
    """

    def __init__(self, error: GeocoderUnavailable, wait_s: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.wait_s = wait_s


def check_status(response: "Response", host: str) -> None:
    """Raise what a status other than 200 means."""
    status = response.status_code
    if status == 200:
        return
    if status in {401, 403}:
        message = f"The geocoder {host} refuses this client or its key (status {status}): check the key and its rights."
        raise GeocoderRefused(message)
    if status == 402:
        raise GeocoderRateLimited(f"The quota at the geocoder {host} is used up (status 402): renew it, and resume.")
    if status == 429:
        message = f"The geocoder {host} asks for fewer questions (status 429): wait, or use a server of your own."
        raise PerhapsLaterError(GeocoderRateLimited(message), _retry_after_s(response))
    if status >= 500:
        error = GeocoderUnavailable(f"The geocoder {host} is out of order (status {status}): try later.")
        raise PerhapsLaterError(error, _retry_after_s(response))
    raise GeocoderAnswerInvalid(
        f"The geocoder {host} does not understand the question (status {status}): check its url, kind and version."
    )


def _retry_after_s(response: "Response") -> float | None:
    """Read Retry-After: seconds or a date; None if there is none that makes sense."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def read_body(response: "Response", max_bytes: int, host: str) -> bytes:
    """Read and unpack the body, no farther than `max_bytes`.

    Raises
    ------
    GeocoderAnswerInvalid
        It is larger, cut short, or packed in a way that was not asked for.
    """
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with requests

    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise GeocoderAnswerInvalid(f"The geocoder {host} packs its answers with {encoding!r}, which nobody asked for.")
    unpack = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    body, came = bytearray(), 0
    try:
        while block := response.raw.read(_BLOCK, decode_content=False):
            came += len(block)
            body += unpack.decompress(block, max_bytes + 1 - len(body)) if unpack else block
            if max(len(body), came) > max_bytes:
                message = f"The answer of the geocoder {host} is larger than {max_bytes} bytes: check its url."
                raise GeocoderAnswerInvalid(message)
    except zlib.error:
        raise _cut_short(host) from None
    except HTTPError:
        raise PerhapsLaterError(_cut_short(host)) from None
    length = response.headers.get("Content-Length", "")
    if (unpack and not unpack.eof) or (length.isdigit() and int(length) != came):
        raise _cut_short(host)
    return bytes(body)


def _cut_short(host: str) -> GeocoderAnswerInvalid:
    return GeocoderAnswerInvalid(
        f"The answer of the geocoder {host} was cut short or damaged: try again, and look at its log."
    )


def parse_json(data: bytes, host: str) -> Any:
    """Read strict JSON: UTF-8, each key once, finite numbers of bounded length, bounded depth.

    Raises
    ------
    GeocoderAnswerInvalid
        It is something else.
    """
    try:
        if _depth(data) > _MAX_DEPTH:
            raise ValueError  # noqa: TRY301 - one exit for all that is no answer
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        raise GeocoderAnswerInvalid(
            f"The geocoder {host} answered something that is not JSON in UTF-8: check its url; a proxy or a log-in page may "
            "stand in between."
        ) from None


def _depth(data: bytes) -> int:
    deepest = depth = 0
    for token in _TOKEN.finditer(data):
        depth += bool(token[1]) - bool(token[2])
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if abs(number) == float("inf"):
        raise ValueError
    return number


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError
    return int(text)
