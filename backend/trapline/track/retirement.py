"""A target that is taken off the wall, and put back. Pure.

Retiring leaves a tombstone in `status` and a Retirement in `retirements`, in one transaction, with the last status. An
event of a retired target never brings it back: it is counted, and told in the history when it is the first for more
than a minute. But it is folded into the status that the retirement keeps: OEM says each change once, so a status that
was frozen would be wrong for ever. Restoring puts the target back as it is by then.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.record import MOST_COUNTED
from trapline.protocol.status import Retirement, TargetStatus
from trapline.track.lapse import lapse
from trapline.track.orders import taken
from trapline.track.reduce import reduce
from trapline.track.storm import Limits

_RETIRED: Final = "track.retired"
_QUIET: Final = timedelta(minutes=1)


class Heard(NamedTuple):
    """What an event of a retired target does."""

    retirement: Retirement
    is_history: bool
    reason: str
    rule_id: str


def retire(status: TargetStatus, command: Command) -> Retirement:
    """An operator, or the inventory, takes the target off the wall."""
    return Retirement(
        target=status.target,
        operator=command.operator,
        at=command.issued_at,
        reason=command.note,
        last_status=status,
        command_id=command.command_id,
    )


def restore(retirement: Retirement, command: Command) -> TargetStatus:
    """The status as it would be if nobody had retired the target, with a reason."""
    status, words = lapse(
        taken(taken(retirement.last_status, retirement.command_id), command.command_id), command.issued_at
    )
    reason = f"{command.operator} restored it; {retirement.operator} had retired it"
    reason += f" at {retirement.at.isoformat(timespec='seconds')}"
    if retirement.heard:
        reason += f"; it was heard of {_times(retirement.heard)} meanwhile"
    if command.note:
        reason += f": {command.note}"
    return replace(status, reason="; ".join((reason, *words)), rule_id=f"track.{Action.RESTORE}")


def hear(retirement: Retirement, event: AlertEvent, limits: Limits) -> Heard:
    """One event of a retired target."""
    name, step = event.target.id, reduce(retirement.last_status, event, limits)
    if step.status is None or not step.is_change:
        return Heard(retirement, False, f"{name} is retired: {step.reason}", step.rule_id)
    after = replace(retirement, last_status=step.status)
    if event.received_at <= retirement.at:
        return Heard(after, True, f"came before {name} was retired: {step.reason}", _RETIRED)
    heard_at = retirement.heard_at
    after = replace(
        after,
        heard=min(retirement.heard + 1, MOST_COUNTED),
        heard_at=max(event.received_at, heard_at or event.received_at),
    )
    is_first = heard_at is None or event.received_at - heard_at > _QUIET
    reason = f"{name} is retired and was heard of {_times(after.heard)} since: {step.reason}"
    return Heard(after, is_first, reason, _RETIRED)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
