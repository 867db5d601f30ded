"""One record about one target: what is known of it before, and after. Pure.

What is known is a status or a retirement, never both: a retired target has no status until somebody restores it.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent
from trapline.protocol.canary import is_canary
from trapline.protocol.commands import Action, Command
from trapline.protocol.scope import is_ours
from trapline.protocol.status import Retirement, TargetStatus
from trapline.track import retirement
from trapline.track.orders import apply_command, taken
from trapline.track.reduce import reduce
from trapline.track.storm import USUAL, Limits


class Known(NamedTuple):
    """What is known of a target."""

    status: TargetStatus | None = None
    retirement: Retirement | None = None


NOBODY: Final = Known()


class Decision(NamedTuple):
    """What is known now, and whether the step is told. `is_refused`: the record is of no use, and says why."""

    known: Known
    is_history: bool
    reason: str
    rule_id: str
    is_refused: bool = False


def decide(known: Known, record: AlertEvent | Command, limits: Limits = USUAL) -> Decision:
    """One event or command. Deciding the same again changes nothing."""
    return _event(known, record, limits) if isinstance(record, AlertEvent) else _command(known, record)


def _event(known: Known, event: AlertEvent, limits: Limits) -> Decision:
    if is_ours(event.target.id):
        return _refused(known, f"{event.target.id} is no target that a trap may name", event.rule_id)
    if known.retirement is not None:
        heard = retirement.hear(known.retirement, event, limits)
        return Decision(known._replace(retirement=heard.retirement), heard.is_history, heard.reason, heard.rule_id)
    step = reduce(known.status, event, limits)
    return Decision(Known(step.status) if step.is_change else known, step.is_history, step.reason, step.rule_id)


def _command(known: Known, command: Command) -> Decision:
    rule_id = f"track.{command.action}"
    if command.action in {Action.APPROVE_SENDER, Action.REFUSE_SENDER}:
        return Decision(known, False, f"{command.target_id} is a sender, not a target", rule_id)
    if known.retirement is not None:
        return _of_retired(known, known.retirement, command, rule_id)
    if known.status is not None and _is_taken(known.status, command):
        return _repeat(known, command)
    if known.status is not None and command.action is Action.RETIRE:
        if is_canary(command.target_id):
            reason = f"{command.target_id} is a node's canary: it cannot be retired"
            return Decision(_remembering(known, command), True, reason, rule_id)
        note = f": {command.note}" if command.note else ""
        retired = Known(retirement=retirement.retire(known.status, command))
        return Decision(retired, True, f"{command.operator} retired it{note}", rule_id)
    if known.status is not None and command.action is Action.RESTORE:
        reason = f"{command.operator} restored it, but it is not retired"
        return Decision(_remembering(known, command), True, reason, rule_id)
    step = apply_command(known.status, command)
    if step.status is None:
        return _refused(known, step.reason, rule_id)
    return Decision(Known(step.status) if step.is_change else known, step.is_history, step.reason, step.rule_id)


def _of_retired(known: Known, retired: Retirement, command: Command, rule_id: str) -> Decision:
    if command.command_id == retired.command_id or _is_taken(retired.last_status, command):
        return _repeat(known, command)
    match command.action:
        case Action.RESTORE:
            status = retirement.restore(retired, command)
            return Decision(Known(status), True, status.reason, rule_id)
        case Action.EXPIRE | Action.SETTLE:
            return Decision(known, False, f"{command.target_id} is retired: the clock leaves it alone", rule_id)
        case Action.RETIRE:
            reason = f"{command.operator} retired it, but {retired.operator} did so before"
        case _:
            reason = f"{command.operator} asked to {command.action}, but it is retired: restore it first"
    return Decision(_remembering(known, command), True, reason, rule_id)


def _remembering(known: Known, command: Command) -> Known:
    """A command without effect is remembered as well: it must have none either when it comes again later."""
    if known.retirement is not None:
        last_status = taken(known.retirement.last_status, command.command_id)
        return Known(retirement=replace(known.retirement, last_status=last_status))
    return Known(known.status and taken(known.status, command.command_id))


def _is_taken(status: TargetStatus, command: Command) -> bool:
    return command.command_id in status.memory.command_ids


def _repeat(known: Known, command: Command) -> Decision:
    return Decision(known, False, f"command {command.command_id} is already taken", "track.repeat")


def _refused(known: Known, reason: str, rule_id: str) -> Decision:
    return Decision(known, False, reason, rule_id, is_refused=True)
