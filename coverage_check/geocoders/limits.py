"""What one address may cost at a server."""

from dataclasses import dataclass
from pathlib import Path

from coverage_check.errors import InvalidInput, MissingFile

DEADLINE_S = 10.0
MAX_BYTES = 2_000_000
"""A geocoder's answer to one address is some 50 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may take and how large it may be; the certificate authority of an internal server, if needed.

    Attributes
    ----------
    ca_file
        PEM file of the authority that signed the server's certificate; empty for the usual public ones.
    proxy
        URL of the proxy to go through; none is taken from the environment.
    """

    deadline_s: float = DEADLINE_S
    max_bytes: int = MAX_BYTES
    ca_file: str = ""
    proxy: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.deadline_s <= 600 or self.max_bytes < 1:
            raise InvalidInput("A deadline lies above 0 and up to 600 seconds, and an answer has at least one byte.")
        if self.ca_file and not Path(self.ca_file).is_file():
            raise MissingFile(f"{self.ca_file} is not there: name the PEM file of the certificate authority in ca_file.")
