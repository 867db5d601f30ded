"""A target that is taken off the wall, and put back. Pure.

Retiring leaves a tombstone in `status` and a Retirement in `retirements`, in one transaction, with the status as it
was. An event of a retired target never brings it back: it is counted, and told in the history when it is the first for
more than a minute. A trap that came before the target was retired is not heard "since". Restoring puts the status back
as it was; what was open then is open again, what came meanwhile is in the history.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.record import MOST_COUNTED
from trapline.protocol.status import Retirement, TargetStatus
from trapline.track.orders import taken

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
    """The status as it was, with a reason."""
    status = taken(taken(retirement.last_status, retirement.command_id), command.command_id)
    reason = f"{command.operator} restored it as it was when {retirement.operator} retired it"
    reason += f" at {retirement.at.isoformat(timespec='seconds')}"
    if retirement.heard:
        reason += f"; heard of {_times(retirement.heard)} meanwhile, which the history has"
    if command.note:
        reason += f": {command.note}"
    return replace(status, reason=reason, rule_id=f"track.{Action.RESTORE}")


def hear(retirement: Retirement, event: AlertEvent) -> Heard:
    """One event of a retired target."""
    name = event.target.id
    if event.received_at <= retirement.at:
        return Heard(retirement, True, f"came before {name} was retired: {event.reason}", _RETIRED)
    if event.trap_id <= retirement.heard_trap_id:
        return Heard(
            retirement, False, f"trap {event.trap_id} of the retired {name} is already counted", "track.repeat"
        )
    heard_at = retirement.heard_at
    after = replace(
        retirement,
        heard=min(retirement.heard + 1, MOST_COUNTED),
        heard_at=max(event.received_at, heard_at or event.received_at),
        heard_trap_id=event.trap_id,
    )
    is_first = heard_at is None or event.received_at - heard_at > _QUIET
    reason = f"{name} is retired and was heard of {_times(after.heard)} since: {event.reason}"
    return Heard(after, is_first, reason, _RETIRED)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
