"""product + location + availabilities → Decision. Pure: no clock, no file, no network.

`decide` writes the decision down; `assessment` weighs the claims and finds the verdict; `explanation` says why;
`questions` says what to ask and `sentences` says it all aloud; `alternatives` and `flips` say what else could be had and
how near another verdict is.
"""

from coverage_check.qualification.decide import Order, decide, undetermined

__all__ = ["Order", "decide", "undetermined"]
