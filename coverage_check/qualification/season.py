"""Days on which all is decided alike: between two changes of the maps, of what is sold, and of what a contract outlasts.

Whatever a rule asks of a day is asked here; `tests/unit/test_batch.py` holds a batch of all days to each day alone.
"""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from coverage_check.layer import Layer
from coverage_check.products import Product

Season = bytes
"""What holds on a day; days on which the same holds are alike."""


def season(on: date, layers: Sequence[Layer], products: Iterable[Product]) -> Season:
    """Tell what a day is for some layers and products."""
    held: list[bool] = []
    for layer in layers:
        held += (layer.speaks(on), layer.in_force(on), layer.begins_after(on), layer.stale(on))
    for product in products:
        held += (product.on_sale(on), product.sold_from is not None and on < product.sold_from)
        if product.contract_months:
            held += (outlasted(last, on, product.contract_months) for last in _last_days(layers))
    return bytes(held)


def outlasted(last: date, on: date, months: int) -> bool:
    """Whether a contract of so many months from a day on is longer than what lasts until a last day."""
    return last < months_later(on, months) - timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """Give the same day so many months later, or the last of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _last_days(layers: Sequence[Layer]) -> list[date]:
    return [layer.valid_until for layer in layers if layer.valid_until is not None]
