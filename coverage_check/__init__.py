"""Tell whether a mobile product can be delivered at an address: how sure, why, and what can be offered instead.

>>> from datetime import date
>>> import coverage_check as cc
>>> checker = cc.Checker.from_config("demo")
>>> decision = checker.check("Harg 12, 760 21 Vätö", product="mbb-4g", on=date(2025, 11, 1))
>>> decision.verdict
<Verdict.NOT_DELIVERABLE: 'not_deliverable'>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from coverage_check.version import __version__

if TYPE_CHECKING:
    from coverage_check.address import Address, Coordinates, PlusCode, PropertyDesignation
    from coverage_check.audit import audit_frame, audit_sales
    from coverage_check.availability import Availability
    from coverage_check.checker import Checker
    from coverage_check.coverage.archive import Archive
    from coverage_check.coverage.snapshot import Snapshot, import_layers
    from coverage_check.decision import Decision, Reason, ReasonCode, Verdict
    from coverage_check.errors import CoverageCheckError
    from coverage_check.layer import Layer
    from coverage_check.ledger import Channel, Initiator, Ledger, SaleContext, recompute_with
    from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match
    from coverage_check.products import Product
    from coverage_check.technology import PlaceOfUse, Receiver, Service, SignalLevel, Technology

_HOMES = {
    "address": ("Address", "Coordinates", "PlusCode", "PropertyDesignation"),
    "audit": ("audit_frame", "audit_sales"),
    "availability": ("Availability",),
    "checker": ("Checker",),
    "coverage.archive": ("Archive",),
    "coverage.snapshot": ("Snapshot", "import_layers"),
    "decision": ("Decision", "Reason", "ReasonCode", "Verdict"),
    "errors": ("CoverageCheckError",),
    "layer": ("Layer",),
    "ledger": ("Channel", "Initiator", "Ledger", "SaleContext", "recompute_with"),
    "location": ("Candidate", "ErrorModel", "Location", "LocationLevel", "Match"),
    "products": ("Product",),
    "technology": ("PlaceOfUse", "Receiver", "Service", "SignalLevel", "Technology"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Address",
    "Archive",
    "Availability",
    "Candidate",
    "Channel",
    "Checker",
    "Coordinates",
    "CoverageCheckError",
    "Decision",
    "ErrorModel",
    "Initiator",
    "Layer",
    "Ledger",
    "Location",
    "LocationLevel",
    "Match",
    "PlaceOfUse",
    "PlusCode",
    "Product",
    "PropertyDesignation",
    "Reason",
    "ReasonCode",
    "Receiver",
    "SaleContext",
    "Service",
    "SignalLevel",
    "Snapshot",
    "Technology",
    "Verdict",
    "__version__",
    "audit_frame",
    "audit_sales",
    "import_layers",
    "recompute_with",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `coverage-check --help` needs no geometry library."""
    if name not in _HOME:
        raise AttributeError(f"module 'coverage_check' has no attribute {name!r}")
    value = getattr(import_module(f"coverage_check.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
