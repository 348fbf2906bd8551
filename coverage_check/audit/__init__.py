"""A look back over sales: each as of its own day, by the map that was there then, and as of today.

audit_sales(checker, Path("sales.csv"), Outputs(report=Path("audit.html")), archive=Archive.open("archive/"))
audit_frame(checker, sales, by=["channel"]).figures
"""

from coverage_check.audit.frame import AuditedFrame, audit_frame
from coverage_check.audit.judging import Auditor
from coverage_check.audit.noting import TODAY
from coverage_check.audit.sales import Audited, Outputs, audit_sales

__all__ = ["TODAY", "Audited", "AuditedFrame", "Auditor", "Outputs", "audit_frame", "audit_sales"]
