"""product + location + surroundings → Decision. Pure: no clock, no file, no network.

`weighing` finds the probabilities and the verdicts of a batch, column by column; `sharing` finds the rows that are alike;
`writing` decides one of them in full: `explanation` says why, `sentences` says it aloud, `alternatives` and `flips` say what
else could be had and how near another verdict is. `outline` keeps that with gaps, and `batch` fills in each row's own.
"""

from coverage_check.qualification.batch import Outlines
from coverage_check.qualification.decide import Found, decide, decide_all, decide_positions, undetermined
from coverage_check.qualification.decisions import Decisions
from coverage_check.qualification.order import Order, Positions, position_text

__all__ = [
    "Decisions",
    "Found",
    "Order",
    "Outlines",
    "Positions",
    "decide",
    "decide_all",
    "decide_positions",
    "position_text",
    "undetermined",
]
