"""What is to be recorded: split into what stays and what an erasure removes, then sealed and linked."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from coverage_check.decision import Decision, content_id
from coverage_check.errors import InvalidInput
from coverage_check.ledger.chain import Row, canonical, content_key, digest, link
from coverage_check.ledger.entries import EntryKind, Head, SaleContext

_LONGEST_REFERENCE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A decision to be recorded for an order, with the circumstances of the sale."""

    decision: Decision
    order_ref: str
    context: SaleContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be recorded, before it has a place in the chain.

    Attributes
    ----------
    personal_text
        The personal data as they are sealed.
    content
        The same key for the same content; empty for an erasure.

    Raises
    ------
    InvalidInput
        A text or a number that can't be written.
    """

    kind: EntryKind
    kept: Mapping[str, Any]
    personal: Mapping[str, Any] | None = None
    personal_text: str = field(init=False, default="")
    content: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.personal is not None:
            object.__setattr__(self, "personal_text", canonical(self.personal))
            object.__setattr__(self, "content", content_key(self.kind.value, self.kept, self.personal))

    @property
    def order_ref(self) -> str:
        """The order it belongs to; empty for an erasure."""
        return "" if self.personal is None else str(self.personal["order_ref"])

    def sealed(self, head: Head, *, recorded_at: datetime, earlier: int | None = None) -> Row:
        """Seal the draft with a new salt, and link it to the head.

        Parameters
        ----------
        earlier
            Number of the decision before it about the same order.
        """
        at, kept = recorded_at.astimezone(UTC).isoformat(), canonical(self.kept)
        if self.kind is EntryKind.DECISION:
            kept = canonical({**self.kept, "earlier": earlier})
        if self.personal is None:
            return _row(head, kind=self.kind.value, recorded_at=at, kept=kept, seal="")
        salt, personal = secrets.token_hex(16), self.personal_text
        row = _row(head, kind=self.kind.value, recorded_at=at, kept=kept, seal=digest(salt, personal))
        found_by = {"order_ref": self.order_ref, "subject": self.personal["subject"], "content": self.content}
        return replace(row, salt=salt, personal=personal, **found_by)


def _row(head: Head, *, kind: str, recorded_at: str, kept: str, seal: str) -> Row:
    here = link(head, kind=kind, recorded_at=recorded_at, kept=kept, seal=seal)
    return Row(seq=here.seq, kind=kind, recorded_at=recorded_at, kept=kept, seal=seal, previous=head.hash, hash=here.hash)


def drafted(record: Record) -> Draft:
    """Split a record into what stays and what an erasure removes."""
    decision, context = record.decision, record.context
    for name, text in (("The order reference", record.order_ref), ("The subject", context.subject or "none")):
        require_reference(name, text)
    content = decision.to_dict()
    if content_id(content) != decision.id:
        raise InvalidInput("The decision's id is not that of its content: record it as it was made.")
    personal = {
        "basis": None if decision.basis is None else decision.basis.to_dict(),
        "context": context.to_dict(),
        "decision": content,
        "order_ref": record.order_ref,
        "subject": context.subject or None,
    }
    return Draft(kind=EntryKind.DECISION, kept=_kept(decision, context), personal=personal)


def _kept(decision: Decision, context: SaleContext) -> dict[str, Any]:
    """Take what says nothing about the place: no distance and no probability, for they can be looked up on the map."""
    return {
        "as_of": decision.as_of.isoformat(),
        "channel": context.channel.value,
        "initiated_by": context.initiated_by.value,
        "product": decision.product.code,
        "products": decision.provenance.products,
        "reasons": [reason.code.value for reason in decision.reasons],
        "register": decision.provenance.register,
        "rules": decision.provenance.rules,
        "snapshot": decision.provenance.snapshot,
        "verdict": decision.verdict.value,
    }


def require_reference(name: str, text: str) -> None:
    """Raise InvalidInput for what entries can't be found by: nothing, a novel, or what no database stores."""
    require_text(name, text)
    if len(text) > _LONGEST_REFERENCE or "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidInput(f"{name} is longer than {_LONGEST_REFERENCE} characters or no text: give the real one.")


def require_text(name: str, text: str) -> None:
    """Raise InvalidInput for an empty text."""
    if not text.strip():
        raise InvalidInput(f"{name} is empty: the record needs it.")
