"""Typed checks: each is data, observers draw the table or the JSON."""

from collab_platform.checks.model import Category, Check, CheckFailed, CheckResult, CheckSkipped, Outcome, Severity
from collab_platform.checks.runner import run_checks

__all__ = [
    "Category",
    "Check",
    "CheckFailed",
    "CheckResult",
    "CheckSkipped",
    "Outcome",
    "Severity",
    "run_checks",
]
