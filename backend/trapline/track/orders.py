"""One command of an operator, or of the clock, gives the next status. Pure.

Operators' commands are remembered by id (the last 16 of a target), so that one that comes again changes nothing. The
clock's need no memory: each says what it is about, and does nothing where that is not so any more.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from trapline.protocol.commands import Action, Command
from trapline.protocol.scope import is_scope
from trapline.protocol.status import Acknowledgement, TargetStatus
from trapline.track import maintenance
from trapline.track.alerts import Step
from trapline.track.timers import strike
from trapline.track.transition import Transition, nothing

COMMANDS_KEPT: Final = 16


def apply_command(status: TargetStatus | None, command: Command) -> Transition:
    """One command. Applying the same command again changes nothing."""
    rule_id = f"track.{command.action}"
    if status is None and command.action is Action.MAINTAIN and is_scope(command.target_id):
        return _decide(None, maintenance.of_scope(command), command, rule_id)
    if status is None:
        reason = f"{command.target_id} has no status: it was never heard of, so there is nothing to {command.action}"
        return nothing(None, reason, rule_id)
    if command.action in {Action.EXPIRE, Action.SETTLE}:
        return strike(status, command)
    return _decide(status, status, command, rule_id)


def taken(status: TargetStatus, command_id: str) -> TargetStatus:
    """The status with a command remembered."""
    command_ids = (*status.memory.command_ids, command_id)[-COMMANDS_KEPT:]
    return replace(status, memory=replace(status.memory, command_ids=command_ids))


def _decide(status: TargetStatus | None, before: TargetStatus, command: Command, rule_id: str) -> Transition:
    if command.command_id in before.memory.command_ids:
        return nothing(status, f"command {command.command_id} is already taken")
    decide = _DECISIONS.get(command.action)
    if decide is None:
        return nothing(status, f"{command.action} changes no status", rule_id)
    step = decide(taken(before, command.command_id), command)
    after = replace(step.status, reason=step.reason, rule_id=rule_id) if step.is_effective else step.status
    return Transition(after, True, True, step.reason, rule_id)


def _acknowledge(before: TargetStatus, command: Command) -> Step:
    if not before.open_alerts:
        return Step(before, f"{command.operator} acknowledged, but no alert is open", is_effective=False)
    reason = f"{command.operator} acknowledged"
    if command.until is not None:
        reason += f" until {command.until.isoformat()}"
    if command.note:
        reason += f": {command.note}"
    taken_on = Acknowledgement(operator=command.operator, at=command.issued_at, note=command.note, until=command.until)
    return Step(replace(before, acknowledgement=taken_on), reason)


def _unacknowledge(before: TargetStatus, command: Command) -> Step:
    if before.acknowledgement is None:
        return Step(before, f"{command.operator} took back an acknowledgement, but there was none", is_effective=False)
    reason = f"{command.operator} took the acknowledgement back" + (f": {command.note}" if command.note else "")
    return Step(replace(before, acknowledgement=None), reason)


_DECISIONS: Final[dict[Action, Callable[[TargetStatus, Command], Step]]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.UNACKNOWLEDGE: _unacknowledge,
    Action.MAINTAIN: maintenance.planned,
    Action.END_MAINTENANCE: maintenance.called_off,
}
