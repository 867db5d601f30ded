"""Perceived severity (ITU-T X.733) with an explicit rank.

RFC 3877's integers (cleared 1, indeterminate 2, critical 3, ... warning 6) are not in order of severity,
so nothing here compares them: `rank` does.
"""

from collections.abc import Iterable
from enum import StrEnum


class Severity(StrEnum):
    """How bad a condition is, in X.733's words."""

    CLEARED = "cleared"
    INDETERMINATE = "indeterminate"
    WARNING = "warning"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def rank(severity: Severity) -> int:
    """0 (cleared) to 5 (critical)."""
    return _RANK[severity]


def worst(severities: Iterable[Severity]) -> Severity:
    """The severity of the highest rank; cleared when there is none."""
    return max(severities, key=rank, default=Severity.CLEARED)
