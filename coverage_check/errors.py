"""The whole error story on one screen: one root, a stable code each, and the built-in it also is.

The message is one sentence that says what happened and what to do. It names the file, layer, row or column, and never an
address or a key: messages end up in logs. `exit_code` is what the command line returns when the error reaches it.
"""

from collections.abc import Sequence
from typing import ClassVar


class CoverageCheckError(Exception):
    """Root of every error this package raises on purpose."""

    code: ClassVar[str] = "COVERAGE_CHECK_ERROR"
    exit_code: ClassVar[int] = 4


# What the caller got wrong -------------------------------------------------------------------------------------------


class InvalidInput(CoverageCheckError, ValueError):
    """An argument that can't be worked with: an empty address, a non-finite number, a latitude of 95."""

    code = "INVALID_INPUT"
    exit_code = 2


class UnknownProduct(InvalidInput, LookupError):
    """A product code that is not in products.toml; the message offers the nearest codes."""

    code = "UNKNOWN_PRODUCT"


class BatchRefused(InvalidInput):
    """One of many addresses in a row, for a public server whose policy forbids that; positions are not concerned."""

    code = "BATCH_REFUSED"


# What the files got wrong --------------------------------------------------------------------------------------------


class DeclarationError(CoverageCheckError, ValueError):
    """A TOML file with faults. All of them are reported at once.

    Attributes
    ----------
    faults
        One sentence a fault, each naming file, line, table and key, and the cure.
    """

    code = "DECLARATION_INVALID"

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        count = f"{len(self.faults)} faults:\n  " if len(self.faults) > 1 else ""
        super().__init__(count + "\n  ".join(self.faults))

    def __reduce__(self) -> tuple[type["DeclarationError"], tuple[tuple[str, ...]]]:
        return type(self), (self.faults,)


class ImportFailed(DeclarationError):
    """Coverage files that can't be trusted as declared; nothing was written. All faults are in `faults`."""

    code = "IMPORT_FAILED"


class MissingFile(CoverageCheckError, FileNotFoundError):
    """A file that a command needs is not there."""

    code = "FILE_MISSING"


class FileRefused(CoverageCheckError):
    """A file that can't be read as what it claims to be."""

    code = "FILE_REFUSED"


class ReaderCrashed(FileRefused):
    """The worker process that read a file died or ran out of its time or memory; the file is not to be trusted."""

    code = "READER_CRASHED"


class OutputRefused(CoverageCheckError, OSError):
    """An output that can't be written: no permission, no space, or something already there."""

    code = "OUTPUT_REFUSED"


class SnapshotInvalid(CoverageCheckError):
    """A snapshot that is incomplete, changed since its import, or of another format version."""

    code = "SNAPSHOT_INVALID"


class RegisterInvalid(CoverageCheckError):
    """An address register that is incomplete, changed, or of another format version."""

    code = "REGISTER_INVALID"


class LedgerInvalid(CoverageCheckError):
    """A ledger that is no ledger, is damaged, or was written by a newer version."""

    code = "LEDGER_INVALID"


class InputGone(CoverageCheckError, LookupError):
    """A recorded decision can't be made again: the snapshot, register, products or rules it names are not at hand."""

    code = "INPUT_GONE"


class TableInvalid(CoverageCheckError, ValueError):
    """An orders table that can't be read: no such column, ragged rows, undecodable text."""

    code = "TABLE_INVALID"


class WorkerDied(CoverageCheckError):
    """A process that decided orders was ended from outside; what was decided before lies in the part beside the output."""

    code = "WORKER_DIED"


class MissingExtra(CoverageCheckError, ImportError):
    """An optional dependency is not installed; the message names the extra to install."""

    code = "EXTRA_MISSING"


# What the world got wrong: `Checker.check` turns these into an undetermined decision ----------------------------------


class LocateError(CoverageCheckError):
    """An address that could not be turned into a location. `reason` is the decision's reason code."""

    code = "LOCATE_FAILED"
    reason: ClassVar[str] = "ADDRESS_NOT_FOUND"
    exit_code = 3


class AddressNotFound(LocateError, LookupError):
    """The geocoder answered, and knows no such place."""

    code = reason = "ADDRESS_NOT_FOUND"


class NoStreetPosition(LocateError):
    """A box address: mail goes there, nobody lives there."""

    code = reason = "NO_STREET_POSITION"


class PropertyDesignationUnsupported(LocateError):
    """A property designation (fastighetsbeteckning) was given, and no parcel source is configured."""

    code = reason = "PROPERTY_DESIGNATION_UNSUPPORTED"


class GeocoderUnavailable(LocateError, ConnectionError):
    """The geocoder did not answer in time, refused, or answered something that is not an answer."""

    code = reason = "GEOCODER_UNAVAILABLE"
    exit_code = 5


class GeocoderMissing(GeocoderUnavailable):
    """An address was given, and the config names no geocoder: only positions can be found."""

    code = "GEOCODER_MISSING"


class GeocoderRefused(GeocoderUnavailable):
    """The server refuses this client or its key: every further question would end so, until the config is mended."""

    code = "GEOCODER_REFUSED"


class GeocoderRateLimited(GeocoderUnavailable):
    """The server asks to wait longer than the deadline allows, or a quota is used up."""

    code = "GEOCODER_RATE_LIMITED"


class GeocoderAnswerInvalid(GeocoderUnavailable):
    """What came back is not an answer: HTML, cut short, too large, not strict JSON, or of another shape."""

    code = "GEOCODER_ANSWER_INVALID"
