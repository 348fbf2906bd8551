"""Decisions of orders into the ledger: once for each Idempotency-Key, which is the order's reference there."""

import threading
from collections.abc import Callable
from dataclasses import replace

from coverage_check.basis import Request
from coverage_check.decision import Decision
from coverage_check.ledger import Entry, EntryKind, Ledger
from coverage_check.service.asked import Sale
from coverage_check.service.problems import Refused


class Recorder:
    """Writes decisions into one ledger. What it returns is on the disk.

    A retry with the same key and question gives the decision that was recorded, whatever the map says by now; another
    question with the same key is a conflict.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._ledger: Ledger | None = None
        self._one_at_a_time = threading.Lock()

    def decide(self, key: str, request: Request, sale: Sale, decide: Callable[[], Decision]) -> tuple[Decision, bool]:
        """Give the decision of an order, and whether it was recorded before.

        Raises
        ------
        Refused
            409: the key was used for another question or sale.
        OutputRefused, LedgerInvalid
            It can't be recorded; then no decision is given.
        """
        with self._one_at_a_time:
            ledger = self._opened()
            if earlier := self._decision_of(ledger, key):
                return _same(earlier, request, sale), True
            decision = decide()
            entry = ledger.append(decision, order_ref=key, context=sale.context(decision))
            if entry.earlier is not None:  # another worker was first
                return _same(ledger.entry(entry.earlier), request, sale), True
            return decision, False

    def close(self) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            self._ledger.close()

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger.open(self._place)
        return self._ledger

    @staticmethod
    def _decision_of(ledger: Ledger, key: str) -> Entry | None:
        return next((entry for entry in ledger.entries(order_ref=key) if entry.kind is EntryKind.DECISION), None)


def _same(entry: Entry, request: Request, sale: Sale) -> Decision:
    decision = entry.decision
    if decision is None or decision.basis is None:
        raise Refused(409, "IDEMPOTENCY_CONFLICT", "The data of that Idempotency-Key were erased: use a new key.")
    asked = decision.basis.request
    if request.on is None:
        request = replace(request, on=asked.on)
    if asked != request or entry.context != sale.context(decision):
        raise Refused(409, "IDEMPOTENCY_CONFLICT", "That Idempotency-Key was used for another question: use a new key.")
    return decision
