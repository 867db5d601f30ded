"""What follows from the open alerts, always. Pure.

- Severity is the worst of them, cleared without any; `since` is when that last changed, and never runs backwards.
- An acknowledgement ends when the target is clear or gets worse than it was: what somebody has taken on is not
  what is wrong now. It stays when things get better or another alert of no worse severity joins.
- `changes` keeps what a trend over 15 minutes needs: all changes of that time and the one before it, 32 at most.
- A severity that changes too often is flapping (flap.py); the decision to say so is `track.flapping`.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.severity import Severity, rank, worst
from trapline.protocol.status import SeverityChange, TargetStatus
from trapline.track.flap import BEGINS_AT, MINUTES, minute_of, percent, with_flip

CHANGES_KEPT: Final = 32
_TREND: Final = timedelta(minutes=15)


class Conclusion(NamedTuple):
    """The status that agrees with its open alerts, why, and by which rule."""

    status: TargetStatus
    reason: str
    rule_id: str


def conclude(before: TargetStatus, after: TargetStatus, at: datetime, reason: str, rule_id: str) -> Conclusion:
    """`after` with everything that follows from its open alerts, when `before` was the status until now."""
    severity = worst(alert.severity for alert in after.open_alerts)
    if severity is before.severity and before.changes:
        return Conclusion(after, reason, rule_id)
    at = max([at, *(change.at for change in before.changes[-1:])])
    after = replace(
        after, severity=severity, since=at, changes=_with(before.changes, SeverityChange(at=at, severity=severity))
    )
    is_worse = rank(severity) > rank(before.severity)
    if after.acknowledgement is not None and (is_worse or severity is Severity.CLEARED):
        why = "it got worse" if is_worse else "it is clear"
        reason = f"{reason}; {after.acknowledgement.operator}'s acknowledgement ends, because {why}"
        after = replace(after, acknowledgement=None)
    if not before.changes:  # the first that is heard of a target is no change
        return Conclusion(after, reason, rule_id)
    flipped = with_flip(before.memory.flipped, at)
    after = replace(after, memory=replace(after.memory, flipped=flipped))
    share = percent(flipped, minute_of(at))
    if before.is_flapping or share < BEGINS_AT:
        return Conclusion(after, reason, rule_id)
    words = f"flapping: the severity changed in {len(flipped)} of the last {MINUTES} minutes ({share:.0f} %)"
    return Conclusion(replace(after, is_flapping=True), f"{words}; {reason}", "track.flapping")


def _with(changes: tuple[SeverityChange, ...], change: SeverityChange) -> tuple[SeverityChange, ...]:
    past = [each for each in changes if each.at <= change.at - _TREND]
    recent = [each for each in changes if each.at > change.at - _TREND]
    # When it flaps too fast for the room there is, the oldest go, never the base that the trend is measured against.
    room = CHANGES_KEPT - 1 - len(past[-1:])
    return (*past[-1:], *recent[-room:], change)
