"""A sale and its terms as a TOML file: what a seller adds to a decision for the written confirmation."""

from datetime import datetime
from pathlib import Path

from coverage_check.decision import Decision
from coverage_check.declaration import Document, Table
from coverage_check.ledger import Channel, Initiator, SaleContext
from coverage_check.report.confirmation import Terms, sale_of


def read_sale(path: str | Path, decision: Decision, *, language: str = "sv") -> tuple[SaleContext, Terms]:
    """Read ``[sale]`` and ``[terms]``; docs/formats.md has their keys. What is absent is as the decision has it, or a blank.

    Raises
    ------
    MissingFile, DeclarationError
        The file is not there, or has faults; all of them at once, each with its line.
    """
    document = Document.read(path)
    sale, terms = _sale(document.table("sale"), decision, language), _terms(document.table("terms"))
    document.finish()
    return sale, terms


def _sale(table: Table, decision: Decision, language: str) -> SaleContext:
    told = sale_of(decision, language=language)
    return SaleContext(
        promised_product=table.text("promised_product", told.promised_product),
        address_typed=table.text("address_typed", told.address_typed),
        sentence_told=table.text("sentence_told", told.sentence_told),
        at=_moment(table),
        channel=table.choice("channel", Channel, told.channel),
        initiated_by=table.choice("initiated_by", Initiator, told.initiated_by),
        address_confirmed=table.text("address_confirmed", "") or None,
        seller=table.text("seller", ""),
        estimated_max_download_mbps=table.number("estimated_max_download_mbps", low=0),
        estimated_max_upload_mbps=table.number("estimated_max_upload_mbps", low=0),
        advertised_download_mbps=table.number("advertised_download_mbps", low=0),
        advertised_upload_mbps=table.number("advertised_upload_mbps", low=0),
    )


def _terms(table: Table) -> Terms:
    return Terms(
        provider=table.text("provider", ""),
        contact=table.text("contact", ""),
        complaints=table.text("complaints", ""),
        equipment=table.text("equipment", ""),
        price=table.text("price", ""),
        contract_months=table.count("contract_months"),
        renewal=table.text("renewal", ""),
        termination=table.text("termination", ""),
        remedies=table.text("remedies", ""),
        accessibility=table.text("accessibility", ""),
        other=table.text("other", ""),
    )


def _moment(table: Table) -> datetime | None:
    value = table.raw("at")
    if value is None or (isinstance(value, datetime) and value.utcoffset() is not None):
        return value
    table.fault("'at' must be a time with its offset from UTC, such as 2025-11-01T10:00:00+01:00.", "at")
    return None
