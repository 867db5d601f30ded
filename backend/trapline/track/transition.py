"""What one record does to a target's status. Pure."""

from typing import NamedTuple

from trapline.protocol.status import TargetStatus


class Transition(NamedTuple):
    """`status` is None only where a command names a target nobody knows.

    `is_change`: the status is another one. `is_history`: the step is told in the history.
    """

    status: TargetStatus | None
    is_change: bool
    is_history: bool
    reason: str
    rule_id: str


def nothing(status: TargetStatus | None, reason: str, rule_id: str = "track.repeat") -> Transition:
    """What changes nothing and need not be told."""
    return Transition(status, False, False, reason, rule_id)
