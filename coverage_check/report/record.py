"""The ledger as text and as JSON-ready values: an entry, what a check of it found, what came of a replay."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from coverage_check.ledger import Agreement, Entry, EntryKind, Outcome, Verification


def verification_text(found: Verification) -> str:
    """Say whether a ledger is as it was written, the first entry that is not, and the head to be kept elsewhere."""
    good = f"{found.entries} entries, {found.erased} of them erased, are as they were written."
    if found.fault is None:
        return f"{good}\nhead {found.head}"
    where = f"entry {found.fault.seq}" if found.fault.seq else "file"
    return f"FAULT {where}: {found.fault.what}\nBefore it, {good}"


def verification_dict(found: Verification) -> dict[str, Any]:
    """Give a verification as JSON-ready values."""
    return {
        "intact": found.intact,
        "entries": found.entries,
        "erased": found.erased,
        "head": str(found.head),
        "fault": None if found.fault is None else {"entry": found.fault.seq, "what": found.fault.what},
    }


def outcome_text(outcome: Outcome) -> str:
    """Say what came of making one decision again."""
    what = f": {outcome.what}" if outcome.what else ""
    return f"entry {outcome.seq}  {outcome.agreement.value.replace('_', ' ')}{what}"


def outcome_dict(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as JSON-ready values."""
    return {"entry": outcome.seq, "agreement": outcome.agreement.value, "what": outcome.what}


def tally_text(agreements: Iterable[Agreement]) -> str:
    """Count the outcomes of a replay in one line."""
    counts = Counter(agreements)
    said = ", ".join(f"{counts[kind]} {kind.value.replace('_', ' ')}" for kind in Agreement if counts[kind])
    return f"{counts.total()} decisions replayed: {said or 'none'}."


def entry_text(entry: Entry) -> str:
    """Lay an entry out for a person: what was decided, and whatever of the person has not been erased."""
    verdict = f" {entry.verdict.value.replace('_', ' ')}" if entry.verdict else ""
    lines = [f"entry {entry.seq}  {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC  {entry.kind.value}{verdict}"]
    lines += [f"  {label:10s}{text}" for label, text in _rows(entry) if text]
    return "\n".join(lines)


def _rows(entry: Entry) -> list[tuple[str, str]]:
    kept, personal = entry.kept, entry.personal or {}
    rows = [("order", personal.get("order_ref", "")), ("customer", personal.get("subject") or "")]
    if entry.kind is EntryKind.DECISION:
        rows += [
            ("product", f"{kept['product']} on {kept['as_of']}"),
            ("why", ", ".join(kept["reasons"])),
            ("sale", f"{kept['channel']}, begun by {kept['initiated_by']}".replace("_", " ")),
        ]
        if entry.context is not None:
            rows += [("address", entry.context.address_confirmed or entry.context.address_typed)]
            rows += [("told", entry.context.sentence_told), ("seller", entry.context.seller)]
        rows += [("earlier", f"entry {entry.earlier} about the same order, with another content" if entry.earlier else "")]
    elif entry.kind is EntryKind.OVERRIDE:
        rows += [("of", f"entry {kept['of']}"), ("by", kept["by"]), ("why", personal.get("why", ""))]
    else:
        rows += [("of", f"entries {', '.join(map(str, kept['rows']))}"), ("by", kept["by"]), ("why", kept["why"])]
    return [*rows, ("erased", "the personal data were erased" if entry.erased else "")]
