"""The only room that sees all three verbs, and introduces them to each other.

address ─locate→ Location ─look up→ Availability… ─decide→ Decision
"""

from coverage_check.basis import Request
from coverage_check.checker.checker import Checker

__all__ = ["Checker", "Request"]
